// SPDX-License-Identifier: Apache-2.0
#include "node/outside.h"

#include <string.h>

#include "node/outside_judge.h"
#include "wire/ip.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#define DNS_PORT 53
#define LEAKS    4 // questions before the tunnel

// Documentation addresses, where nobody is: enough for a leak to show.
static const struct addr far4 = { 4, { 192, 0, 2, 1 } };
static const struct addr far6 = { 6, { 0x20, 1, 0x0d, 0xb8, [15] = 1 } };

void outside_init(struct outside *o, const struct outside_config *c, struct mono now)
{
	*o = (struct outside){ .config = *c, .next = now, .until = MONO_NEVER };
}

void outside_begin_inside(struct outside *o, struct mono now)
{
	o->inside = true;
	o->next = now;
	o->until = mono_add(now, OUTSIDE_PATIENCE);
}

static struct addr reflector_of(const struct outside *o, uint8_t family)
{
	return family == 4 ? o->config.reflector4 : o->config.reflector6;
}

static bool phone_has(const struct outside *o, uint8_t family)
{
	return (family == 4 ? o->config.phone4 : o->config.phone6).family == family;
}

bool outside_tests(const struct outside *o, uint8_t family)
{
	return phone_has(o, family) && reflector_of(o, family).family == family;
}

static struct reflect_ask ask_of(const struct outside *o, uint8_t number, enum reflect_kind kind)
{
	struct reflect_ask a = { .kind = kind, .nonce = { number, o->inside } };
	memcpy(a.token, o->config.token, sizeof(a.token));
	memcpy(a.nonce + 4, o->config.random, sizeof(o->config.random));
	return a;
}

// Which question of ours this is; SIZE_MAX: none.
static size_t number_of(const struct outside *o, const struct reflect_ask *a)
{
	if (memcmp(a->token, o->config.token, sizeof(a->token)) != 0 ||
	    memcmp(a->nonce + 4, o->config.random, sizeof(o->config.random)) != 0 ||
	    a->nonce[0] >= o->probe_count)
		return SIZE_MAX;
	return a->nonce[0];
}

// --- asking --------------------------------------------------------------------------------------

// By turns: families, and of each UDP and TCP; every fifth question is for the resolver.
static bool choose(const struct outside *o, size_t turn, struct outside_probe *out)
{
	uint8_t family = turn / 2 % 2 == 0 ? 4 : 6;
	*out = (struct outside_probe){ .family = family, .proto = turn % 2 == 0 ? IP_UDP : IP_TCP };
	if (!phone_has(o, family))
		return false;
	out->leak = !o->inside;
	out->to = reflector_of(o, family);
	out->port = o->config.port;
	if (out->to.family == 0 && out->leak)
		out->to = family == 4 ? far4 : far6;
	if (o->inside && turn % 5 == 4 && o->config.zone[0] != '\0') {
		out->name = true;
		out->proto = IP_UDP;
		out->port = DNS_PORT;
	}
	return out->to.family != 0;
}

const struct outside_probe *outside_next(struct outside *o, struct mono now, struct wr *out)
{
	size_t most = o->inside ? OUTSIDE_PROBES : LEAKS;
	o->late = o->inside && !mono_before(mono_add(now, OUTSIDE_LATE), o->until);
	while (o->probe_count < most && !mono_before(now, o->next)) {
		size_t n = o->probe_count++;
		struct outside_probe *p = &o->probes[n];
		if (!choose(o, n, p))
			continue;
		struct reflect_ask a = ask_of(o, (uint8_t)n, REFLECT_PHONE);
		if (p->name)
			reflect_query_write(out, &a, o->config.zone);
		else
			reflect_ask_write(out, &a);
		o->next = mono_add(now, !o->inside                   ? OUTSIDE_HASTE
					: mono_before(now, o->until) ? OUTSIDE_PACE
								     : OUTSIDE_SLOW);
		return p;
	}
	return NULL;
}

void outside_control_write(const struct outside *o, struct wr *out)
{
	struct reflect_ask a = ask_of(o, UINT8_MAX, REFLECT_PLAIN);
	reflect_ask_write(out, &a);
}

// --- hearing -------------------------------------------------------------------------------------

static void keep(struct outside *o, const struct ip_head *ip, uint16_t port, struct span options)
{
	struct outside_sent *s = &o->sent[o->sent_count % OUTSIDE_SENT];
	*s = (struct outside_sent){
		.family = ip->src.family, .proto = ip->proto, .ttl = ip->ttl, .port = port
	};
	if (options.len > 0 && options.len <= REFLECT_SYN) {
		s->syn_len = (uint8_t)options.len;
		memcpy(s->syn, options.at, options.len);
	}
	o->sent_count++;
}

const struct outside_sent *outside_sent_find(const struct outside *o, const struct outside_probe *p)
{
	size_t have = o->sent_count < OUTSIDE_SENT ? o->sent_count : OUTSIDE_SENT;
	for (size_t i = 0; i < have; i++)
		if (o->sent[i].family == p->family && o->sent[i].proto == p->proto &&
		    o->sent[i].port == p->phone_port)
			return &o->sent[i];
	return NULL;
}

static void hear_answer(struct outside *o, const struct ip_head *ip, uint16_t port,
			struct span payload)
{
	struct reflect_answer a;
	if (reflect_answer_read(payload, &a) != ERR_OK)
		return;
	size_t n = number_of(o, &a.ask);
	if (n == SIZE_MAX || !o->inside || o->probes[n].leak || o->probes[n].proto != ip->proto)
		return;
	o->probes[n].answered = true;
	o->probes[n].phone_port = port;
	o->probes[n].answer = a;
	o->last = a;
	o->heard = true;
}

static bool to_reflector(const struct outside *o, const struct ip_head *ip)
{
	return addr_eq(ip->dst, reflector_of(o, ip->dst.family)) || addr_eq(ip->dst, far4) ||
	       addr_eq(ip->dst, far6);
}

static bool from_phone(const struct outside *o, const struct ip_head *ip)
{
	return addr_eq(ip->src, ip->src.family == 4 ? o->config.phone4 : o->config.phone6);
}

struct seen {
	struct ip_head ip;
	uint16_t sport, dport;
	bool syn;
	struct span options, payload;
};

static bool look(struct span packet, struct seen *out)
{
	struct udp_head udp;
	struct tcp_head tcp;
	*out = (struct seen){ 0 };
	if (ip_read(packet, &out->ip) != ERR_OK || out->ip.frag_at != 0)
		return false;
	if (out->ip.proto == IP_UDP && udp_read(out->ip.payload, &udp) == ERR_OK) {
		out->sport = udp.sport;
		out->dport = udp.dport;
		out->payload = udp.payload;
		return true;
	}
	if (out->ip.proto != IP_TCP || tcp_read(out->ip.payload, &tcp) != ERR_OK)
		return false;
	out->sport = tcp.sport;
	out->dport = tcp.dport;
	out->payload = tcp.payload;
	out->options = tcp.options;
	out->syn = (tcp.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
	return true;
}

void outside_hear(struct outside *o, struct span packet)
{
	struct seen s;
	if (!look(packet, &s))
		return;
	if (from_phone(o, &s.ip) && to_reflector(o, &s.ip) && s.dport == o->config.port) {
		if (s.ip.proto == IP_UDP || s.syn)
			keep(o, &s.ip, s.sport, s.options);
		o->phone_sent += !o->inside;
	} else if (s.sport == o->config.port &&
		   addr_eq(s.ip.src, reflector_of(o, s.ip.src.family))) {
		hear_answer(o, &s.ip, s.dport, s.payload);
	}
}

// The phone's own address, its questions under another one, and TCP to the reflector, which nobody
// else here speaks.
void outside_hear_uplink(struct outside *o, struct span packet)
{
	struct seen s;
	struct reflect_ask a;
	if (!look(packet, &s))
		return;
	bool ask = s.ip.proto == IP_UDP && reflect_ask_read(s.payload, &a) == ERR_OK &&
		   memcmp(a.token, o->config.token, sizeof(a.token)) == 0;
	if (ask && a.kind == REFLECT_PLAIN)
		o->own++;
	else if (ask || from_phone(o, &s.ip) ||
		 (s.ip.proto == IP_TCP && s.dport == o->config.port && to_reflector(o, &s.ip)))
		o->leaked++;
}

bool outside_done(const struct outside *o, struct mono now)
{
	int64_t more = outside_silent(o) ? OUTSIDE_MOST - OUTSIDE_PATIENCE : 0;
	if (o->inside)
		return outside_complete(o) || mono_since(now, o->until) >= more;
	return o->leaked > 0 || (o->phone_sent > 0 && o->own > 0 && o->probe_count >= LEAKS &&
				 mono_since(now, o->next) >= OUTSIDE_QUIET);
}
