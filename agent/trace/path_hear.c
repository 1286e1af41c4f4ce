// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "trace/path_part.h"
#include "wire/ip.h"

#define NO_SERIAL   TRACE_NO_SERIAL
#define ADDRS_FIRST 12
#define EXTRA_MOST  2048 // bytes of one trace

static void bring(const void *at, size_t len)
{
	for (size_t i = 0; i < len; i += 64)
		__builtin_prefetch((const char *)at + i);
}

void trace_path_near(const struct trace_path *p, bool nearer)
{
	if (!nearer) {
		bring(p, sizeof(*p));
		return;
	}
	bring(p->attempts, p->serials * sizeof(*p->attempts));
	bring(p->hops, p->hop_room * sizeof(*p->hops));
	bring(p->addrs, 1);
}

static bool same_answer(const struct trace_path *p, unsigned a, unsigned b)
{
	uint16_t x = hop(p, (uint8_t)a)->answer, y = hop(p, (uint8_t)b)->answer;
	return x != NO_SERIAL && y != NO_SERIAL && p->attempts[x].from == p->attempts[y].from;
}

// Whether the hops that end at LAST are one sequence of PERIOD twice over. One address again and
// again is not: a router may answer for its neighbour.
static bool repeats(const struct trace_path *p, unsigned last, unsigned period)
{
	bool all_one = true;
	if (last + 1 < p->target.first_ttl + 2 * period)
		return false;
	for (unsigned i = 0; i < period; i++) {
		if (!same_answer(p, last - i, last - i - period))
			return false;
		all_one = all_one && same_answer(p, last - i, last);
	}
	return !all_one;
}

static void look_for_loop(struct trace_path *p, uint8_t from)
{
	for (unsigned last = from; last <= p->top; last++)
		for (unsigned period = 2; period <= p->top / 2u; period++)
			if (repeats(p, last, period)) {
				p->loop = lower(p->loop, (uint8_t)last);
				return;
			}
}

// Codes by which the destination's own stack speaks, whatever address it speaks from.
static bool is_port_unreachable(const struct trace_reply *r)
{
	if (r->dst.family == 4)
		return r->icmp_code == 2 || r->icmp_code == 3;
	return r->icmp_code == 4;
}

static void note_end(struct trace_path *p, uint8_t ttl, const struct trace_reply *r)
{
	bool target = addr_eq(r->from, p->target.dst);
	if (r->kind == TRACE_HEARD_EXPIRED) {
		if (ttl > p->expired)
			p->expired = ttl;
		if (ttl >= p->expect)
			p->expect = 0;
		if (target)
			p->self = lower(p->self, ttl);
	} else if (r->kind != TRACE_HEARD_UNREACHABLE || target || is_port_unreachable(r)) {
		p->reached = lower(p->reached, ttl);
	} else {
		p->unreachable = lower(p->unreachable, ttl);
	}
}

// Lengths the compiler knows: a compare, no call.
static bool same_bytes(const uint8_t *a, const uint8_t *b, size_t len)
{
	return len == 4 ? memcmp(a, b, 4) == 0 : memcmp(a, b, 16) == 0;
}

uint8_t trace_path_keep_addr(struct trace_path *p, const struct addr *a)
{
	size_t len = p->target.dst.family == 4 ? 4 : 16;
	for (size_t i = 0; i < p->addr_count; i++)
		if (same_bytes(p->addrs + i * len, a->bytes, len))
			return (uint8_t)(i + 1);
	if (p->addr_count == p->addr_room) {
		size_t room = p->addr_room == 0 ? ADDRS_FIRST : p->addr_room * 2u;
		room = room > TRACE_ADDRS_MAX ? TRACE_ADDRS_MAX : room;
		uint8_t *addrs = room == p->addr_room ? NULL : reallocarray(p->addrs, room, len);
		if (addrs == NULL)
			return 0;
		p->addrs = addrs;
		p->addr_room = (uint8_t)room;
	}
	memcpy(p->addrs + p->addr_count * len, a->bytes, len);
	return ++p->addr_count;
}

struct addr trace_path_from(const struct trace_path *p, const struct trace_attempt *a)
{
	size_t len = p->target.dst.family == 4 ? 4 : 16;
	return a->from == 0 ? (struct addr){ 0 }
			    : addr_of(span_of(p->addrs + (a->from - 1u) * len, len));
}

// An RTT of 0 would read as "no answer".
static uint32_t rtt_us(int64_t ns)
{
	return (uint32_t)clamp((ns + NS_PER_US / 2) / NS_PER_US, 1, UINT32_MAX);
}

static void keep_labels(struct trace_path *p, uint16_t serial, const struct trace_reply *r)
{
	if (r->mpls_count > 0 && p->mpls == NULL)
		p->mpls = calloc(TRACE_PATH_MPLS, sizeof(*p->mpls));
	if (p->mpls == NULL)
		return;
	for (size_t i = 0; i < r->mpls_count && p->mpls_count < TRACE_PATH_MPLS; i++) {
		const struct mpls_entry *e = &r->mpls[i];
		p->mpls[p->mpls_count++] = (struct trace_label){
			.word = e->label << 12 | (e->tc & 7u) << 9 | (e->bottom ? 256u : 0u) |
				e->ttl,
			.serial = serial,
		};
	}
}

static void keep_extra(struct trace_path *p, uint16_t serial, const struct trace_reply *r)
{
	const struct trace_target *t = &p->target;
	const struct trace_sent sent = {
		.src = &t->src,
		.sport = t->sport,
		.dport = t->dport,
		.ip_id = trace_path_ip_id(p, serial),
		.check = trace_path_check(p, serial),
		.tos = t->tos,
		.has_dport = t->method != TRACE_ICMP,
		.has_check = trace_path_proto(p) != IP_TCP,
	};
	(void)trace_extras_keep(&p->extra, EXTRA_MOST, serial, &sent, r, 0);
}

static void keep_answer(struct trace_attempt *a, const struct trace_reply *r)
{
	bool tcp = r->kind == TRACE_HEARD_SYN_ACK || r->kind == TRACE_HEARD_RST;
	if (r->kind == TRACE_HEARD_DATAGRAM) {
		a->kind = ANSWER_UDP;
	} else if (tcp) {
		a->kind = ANSWER_TCP;
		a->code = r->tcp_flags & 0xffu;
	} else {
		a->kind = ANSWER_ICMP;
		a->type = r->icmp_type;
		a->code = r->icmp_code;
	}
}

// A link is too narrow for the probe: that says nothing of the hop asked, which is asked again by
// smaller ones. The router that told is among its answers all the same, with the MTU.
static void shrink(struct trace_path *p, uint8_t ttl, uint32_t mtu)
{
	unsigned asked = 0;
	for (uint16_t i = 0; i < p->serials; i++)
		asked += p->attempts[i].ttl == ttl;
	if (mtu < p->target.size)
		p->target.size = mtu < TRACE_SIZE_MIN ? TRACE_SIZE_MIN : (uint16_t)mtu;
	if (asked < TRACE_TRIES_MAX && hop(p, ttl)->tries > 0)
		hop(p, ttl)->tries--;
}

void trace_path_failed(struct trace_path *p, uint16_t serial, bool refused, uint32_t mtu)
{
	p->attempts[serial].state = TRACE_ATTEMPT_SILENT;
	p->unsent++;
	if (mtu > 0 && mtu < p->target.size) {
		shrink(p, p->attempts[serial].ttl, mtu);
		return;
	}
	p->refused = p->refused || refused;
	p->no_route = p->no_route || !refused;
}

bool trace_path_hear(struct trace_path *p, uint16_t serial, uint8_t mark, struct mono rx,
		     struct mono now, const struct trace_reply *r)
{
	struct trace_attempt *a = &p->attempts[serial];
	if (a->state == TRACE_ATTEMPT_ANSWERED)
		return false;
	// A receive time that cannot be (a stepped clock) is replaced by the time we know.
	struct mono sent = sent_at(a, now);
	if (mono_before(now, rx) || mono_before(rx, sent))
		rx = later(now, sent);
	int64_t rtt = mono_since(rx, sent);
	a->time = rtt_us(rtt);
	a->mark = mark;
	if (a->state == TRACE_ATTEMPT_SILENT && a->ttl <= trace_path_horizon(p))
		a->mark |= TRACE_LATE;
	else if (rtt > p->rtt_max)
		p->rtt_max = rtt;
	a->state = TRACE_ATTEMPT_ANSWERED;
	a->from = trace_path_keep_addr(p, &r->from);
	keep_answer(a, r);
	a->reply_ttl = r->ttl;
	a->quoted_ttl = r->quoted ? r->quoted_ttl : 0;
	a->reply_id = r->ip_id;
	a->reply_tos = r->tos;
	keep_labels(p, serial, r);
	keep_extra(p, serial, r);
	if (p->target.size > 0 && r->mtu > 0) {
		shrink(p, a->ttl, r->mtu);
		return true;
	}
	note_end(p, a->ttl, r);
	if (hop(p, a->ttl)->answer == NO_SERIAL)
		hop(p, a->ttl)->answer = serial;
	if (a->ttl > p->top)
		p->top = a->ttl;
	look_for_loop(p, a->ttl);
	return true;
}
