// SPDX-License-Identifier: Apache-2.0
#include "node/outside_judge.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "wire/ip.h"
#include "wire/tcp.h"

#define NODE_TTL 64 // that the vantage node's own question set out with

static const char *const names[] = {
	[OUTSIDE_LEAK] = "selftest-leak", [OUTSIDE_EGRESS] = "selftest-egress",
	[OUTSIDE_PORT] = "selftest-port", [OUTSIDE_TTL] = "selftest-ttl",
	[OUTSIDE_SYN] = "selftest-syn",   [OUTSIDE_RESOLVER] = "selftest-resolver",
};
_Static_assert(COUNT(names) == OUTSIDE_ITEM_COUNT_, "a name for each item");

const char *outside_item_name(enum outside_item item)
{
	return names[item];
}

static void say(struct outside_result *out, const char *format, ...) PRINTF(2, 3);

static void say(struct outside_result *out, const char *format, ...)
{
	size_t len = strlen(out->detail);
	va_list args;
	va_start(args, format);
	vsnprintf(out->detail + len, sizeof(out->detail) - len, format, args);
	va_end(args);
}

static void fail(struct outside_result *out)
{
	out->verdict = OUTSIDE_FAILED;
}

static const struct reflect_view *node_of(const struct outside *o, uint8_t family)
{
	return family == 4 ? &o->last.node4 : &o->last.node6;
}

// The next answered question of FAMILY and PROTO (0: any).
static const struct outside_probe *answered(const struct outside *o, uint8_t family, uint8_t proto,
					    size_t *at)
{
	while (*at < o->probe_count) {
		const struct outside_probe *p = &o->probes[(*at)++];
		if (p->answered && p->family == family && (proto == 0 || p->proto == proto))
			return p;
	}
	return NULL;
}

// The watch is known to work only when it saw our own packet.
static void judge_leak(const struct outside *o, struct outside_result *out)
{
	if (o->phone_sent == 0 && o->leaked == 0)
		say(out, "the phone sent nothing");
	else
		say(out,
		    "%llu packets of the phone left by the uplink, %llu entered; %llu of our own",
		    (unsigned long long)o->leaked, (unsigned long long)o->phone_sent,
		    (unsigned long long)o->own);
	if (o->phone_sent == 0 || o->own == 0 || o->leaked > 0)
		fail(out);
}

static void judge_egress(const struct outside *o, uint8_t family, struct outside_result *out)
{
	size_t at = 0;
	char seen[ADDR_TEXT], node[ADDR_TEXT];
	const struct outside_probe *p = answered(o, family, 0, &at);
	const struct reflect_view *v = node_of(o, family);
	if (p == NULL) {
		say(out, "IPv%u no answer; ", family);
		fail(out);
		return;
	}
	addr_write(p->answer.you.addr, seen);
	addr_write(v->addr, node);
	bool same = addr_eq(p->answer.you.addr, v->addr);
	bool ordered = o->config.node.family != family || addr_eq(v->addr, o->config.node);
	if (v->addr.family == 0)
		say(out, "IPv%u %s, the vantage node was not seen; ", family, seen);
	else if (same && ordered)
		say(out, "IPv%u %s; ", family, seen);
	else
		say(out, "IPv%u %s, the vantage node is %s; ", family, seen, node);
	if (!same || !ordered)
		fail(out);
}

// A port may be taken at the node; none kept of several means that none is.
static void judge_port(const struct outside *o, uint8_t family, uint8_t proto,
		       struct outside_result *out)
{
	size_t at = 0, kept = 0, all = 0;
	const struct outside_probe *p;
	while ((p = answered(o, family, proto, &at)) != NULL) {
		all++;
		kept += p->answer.you.port == p->phone_port;
	}
	say(out, "%s/IPv%u %zu of %zu kept; ", ip_proto_name(proto), family, kept, all);
	if (kept == 0)
		fail(out);
}

// Where the phones' interface is a bridge whose frames pass netfilter (br_netfilter), it shows them
// with the hop already given back. No system starts at these.
static int ttl_sent(const struct outside_sent *s)
{
	return s->ttl == 65 || s->ttl == 129 ? s->ttl - 1 : s->ttl;
}

// Ways of several lengths are possible, so the shortest of each counts.
static void judge_ttl(const struct outside *o, uint8_t family, struct outside_result *out)
{
	size_t at = 0;
	int least = INT32_MAX;
	const struct outside_probe *p;
	int node = NODE_TTL - node_of(o, family)->ttl;
	while ((p = answered(o, family, 0, &at)) != NULL) {
		const struct outside_sent *s = outside_sent_find(o, p);
		if (s != NULL && ttl_sent(s) - p->answer.you.ttl < least)
			least = ttl_sent(s) - p->answer.you.ttl;
	}
	if (least == INT32_MAX || node_of(o, family)->addr.family == 0) {
		say(out, "IPv%u not seen; ", family);
		fail(out);
		return;
	}
	say(out, "IPv%u phone %d hops, node %d; ", family, least, node);
	if (least > node)
		fail(out);
}

// Equal, or equal but for an MSS that the tunnel lowered as configured.
static bool syn_same(const struct outside_sent *s, const struct reflect_answer *a, uint16_t clamp)
{
	uint8_t sent[REFLECT_SYN];
	if (s->syn_len != a->syn_len)
		return false;
	memcpy(sent, s->syn, s->syn_len);
	struct rd r = rd_of(span_of(s->syn, s->syn_len));
	struct tcp_option o;
	while (clamp != 0 && tcp_option_next(&r, &o)) {
		if (o.kind != TCP_OPT_MSS || o.data.len != 2)
			continue;
		uint8_t *mss = sent + (o.data.at - s->syn);
		if ((mss[0] << 8 | mss[1]) > clamp) {
			mss[0] = (uint8_t)(clamp >> 8);
			mss[1] = (uint8_t)clamp;
		}
	}
	return memcmp(sent, a->syn, a->syn_len) == 0;
}

static void judge_syn(const struct outside *o, uint8_t family, struct outside_result *out)
{
	char sent[2 * REFLECT_SYN + 1] = "", got[2 * REFLECT_SYN + 1] = "";
	size_t at = 0;
	bool same = false;
	uint16_t clamp = family == 4 ? o->config.clamp4 : o->config.clamp6;
	const struct outside_probe *p;
	while (!same && (p = answered(o, family, IP_TCP, &at)) != NULL) {
		const struct outside_sent *s = outside_sent_find(o, p);
		if (s == NULL)
			continue;
		same = syn_same(s, &p->answer, clamp);
		text_hex(span_of(s->syn, s->syn_len), sent);
		text_hex(span_of(p->answer.syn, p->answer.syn_len), got);
	}
	if (same && strcmp(sent, got) == 0)
		say(out, "IPv%u %s; ", family, got);
	else if (same)
		say(out, "IPv%u %s, MSS set to %u; ", family, got, clamp);
	else
		say(out, "IPv%u %s, sent %s; ", family, got, sent);
	if (!same)
		fail(out);
}

// A resolver may be a farm: one network is one resolver.
static bool near(struct addr a, struct addr b)
{
	size_t bytes = a.family == 4 ? 3 : 6;
	return a.family != 0 && a.family == b.family && memcmp(a.bytes, b.bytes, bytes) == 0;
}

static void judge_resolver(const struct outside *o, struct outside_result *out)
{
	char phone[ADDR_TEXT], node[ADDR_TEXT];
	addr_write(o->last.resolver_phone, phone);
	addr_write(o->last.resolver_node, node);
	bool both = o->last.resolver_phone.family != 0 && o->last.resolver_node.family != 0;
	say(out, "the phone's %s, the node's %s",
	    o->last.resolver_phone.family != 0 ? phone : "was not seen",
	    o->last.resolver_node.family != 0 ? node : "was not seen");
	// One may go by IPv4 and the other by IPv6.
	if (!both || (o->last.resolver_phone.family == o->last.resolver_node.family &&
		      !near(o->last.resolver_phone, o->last.resolver_node)))
		fail(out);
}

// A vantage node that has only one family gives the phone no other.
static bool absent(const struct outside *o, uint8_t family)
{
	size_t at = 0;
	return o->late && node_of(o, family)->addr.family == 0 &&
	       node_of(o, family == 4 ? 6 : 4)->addr.family != 0 &&
	       answered(o, family, 0, &at) == NULL;
}

static void judge_family(const struct outside *o, enum outside_item item, uint8_t family,
			 struct outside_result *out)
{
	if (absent(o, family)) {
		if (item != OUTSIDE_RESOLVER)
			say(out, "IPv%u neither node nor phone; ", family);
	} else if (item == OUTSIDE_EGRESS) {
		judge_egress(o, family, out);
	} else if (item == OUTSIDE_PORT) {
		judge_port(o, family, IP_UDP, out);
		judge_port(o, family, IP_TCP, out);
	} else if (item == OUTSIDE_TTL) {
		judge_ttl(o, family, out);
	} else if (item == OUTSIDE_SYN) {
		judge_syn(o, family, out);
	}
}

void outside_judge(const struct outside *o, enum outside_item item, struct outside_result *out)
{
	bool any = outside_tests(o, 4) || outside_tests(o, 6);
	*out = (struct outside_result){ .verdict = OUTSIDE_PASSED };
	if (item == OUTSIDE_LEAK) {
		judge_leak(o, out);
		return;
	}
	if (!any || (item == OUTSIDE_RESOLVER && o->config.zone[0] == '\0')) {
		out->verdict = OUTSIDE_SKIPPED;
		say(out, "%s",
		    any ? "no zone (whoami) is configured" : "no reflector is configured");
		return;
	}
	if (item == OUTSIDE_RESOLVER)
		judge_resolver(o, out);
	for (uint8_t family = 4; family <= 6; family += 2)
		if (outside_tests(o, family))
			judge_family(o, item, family, out);
	size_t len = strlen(out->detail);
	if (len >= 2 && strcmp(out->detail + len - 2, "; ") == 0)
		out->detail[len - 2] = '\0';
}

bool outside_silent(const struct outside *o)
{
	static const uint8_t protos[] = { IP_UDP, IP_TCP };
	bool silent = o->heard && o->config.zone[0] != '\0' &&
		      (o->last.resolver_phone.family == 0 || o->last.resolver_node.family == 0);
	for (uint8_t family = 4; family <= 6; family += 2)
		for (size_t i = 0; i < COUNT(protos) && outside_tests(o, family); i++) {
			size_t at = 0;
			silent |= o->heard && !absent(o, family) &&
				  answered(o, family, protos[i], &at) == NULL;
		}
	return silent;
}

bool outside_complete(const struct outside *o)
{
	struct outside_result r;
	for (int i = OUTSIDE_EGRESS; i < OUTSIDE_ITEM_COUNT_; i++) {
		outside_judge(o, (enum outside_item)i, &r);
		if (r.verdict == OUTSIDE_FAILED)
			return false;
	}
	return true;
}
