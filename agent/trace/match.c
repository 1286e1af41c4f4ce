// SPDX-License-Identifier: Apache-2.0
#include "trace/match.h"

#include "base/macro.h"
#include "trace/probe.h"

#define AGREE 2 // in units of 16 random bits; a port of ours counts for one

struct claim {
	bool there; // the field was in the packet
	bool ours;  // and names a probe that was sent
	uint16_t serial;
	int weight; // random bits / 16
};

static struct claim claim_of(const struct trace_path *p, int weight, bool there, uint32_t serial)
{
	return (struct claim){ .there = there,
			       .ours = there && serial < p->serials,
			       .serial = (uint16_t)serial,
			       .weight = weight };
}

// The transport's own field.
static struct claim by_transport(const struct trace_path *p, const struct trace_reply *r)
{
	uint32_t base = trace_path_seq(p, 0);
	switch (r->proto) {
	case IP_UDP:
		return claim_of(p, 1, r->has_check,
				trace_token_serial((uint16_t)(p->random >> 32), r->check));
	case IP_TCP:
		return claim_of(p, 2, r->has_seq, r->seq - base);
	default:
		return claim_of(p, 1, r->has_seq, (r->seq - base) & 0xffff);
	}
}

static struct claim by_payload(const struct trace_path *p, const struct trace_reply *r)
{
	if (r->proto == IP_TCP || !r->has_token || r->cookie != trace_path_cookie(p))
		return (struct claim){ .there = r->proto != IP_TCP && r->has_token };
	return claim_of(p, 2, true, r->serial);
}

static struct claim by_ip_id(const struct trace_path *p, const struct trace_reply *r)
{
	bool there = r->quoted && p->target.dst.family == 4;
	return claim_of(p, 1, there, trace_token_serial((uint16_t)(p->random >> 48), r->quoted_id));
}

// It carries a token, and that of somebody else: no NAT changes a payload. (Zeros: a router that
// fills its quote up.)
static bool is_foreign(const struct trace_path *p, const struct trace_reply *r)
{
	return r->proto != IP_TCP && r->has_token && r->cookie != 0 &&
	       r->cookie != trace_path_cookie(p);
}

// Its sequence number is none of ours, or its UDP checksum is not and no NAT is to be seen that
// would have made it another. (Zero: not there.)
static bool is_odd(const struct trace_path *p, const struct trace_reply *r,
		   const struct claim *transport)
{
	const struct trace_target *t = &p->target;
	bool nat = r->sport != t->sport || r->dport != t->dport || !addr_eq(r->src, t->src);
	if (!transport->there || transport->ours)
		return false;
	return r->proto != IP_UDP || (!nat && r->check != 0);
}

// What is claimed for SERIAL; a claim for another probe of ours counts against it.
static int votes(const struct claim *claims, size_t count, uint16_t serial)
{
	int n = 0;
	for (size_t i = 0; i < count; i++)
		if (claims[i].ours)
			n += claims[i].serial == serial ? claims[i].weight : -claims[i].weight;
	return n;
}

// A datagram from the target that says nothing of its probe (who answers UDP is no router, and no
// QUIC server): it answers the oldest open one that no router has. Which that is can be wrong when
// several are.
static bool match_bare(const struct trace_path *p, const struct trace_reply *r, uint16_t *serial,
		       uint8_t *mark)
{
	const struct trace_target *t = &p->target;
	size_t open = 0;
	if (t->method != TRACE_UDP || r->sport != t->sport || r->dport != t->dport ||
	    !addr_eq(r->src, t->src))
		return false;
	for (uint16_t i = p->first_open; i < p->serials; i++) {
		const struct trace_attempt *a = &p->attempts[i];
		if (a->state == TRACE_ATTEMPT_OPEN && a->ttl > p->expired && open++ == 0)
			*serial = i;
	}
	*mark = open > 1 ? TRACE_GUESSED : 0;
	return open > 0;
}

bool trace_match(const struct trace_path *p, const struct trace_reply *r, uint16_t *serial,
		 uint8_t *mark)
{
	const struct trace_target *t = &p->target;
	if (r->proto != trace_proto(t->method, t->dst.family) || !addr_eq(r->dst, t->dst))
		return false;
	if (r->kind == TRACE_HEARD_DATAGRAM && t->method == TRACE_UDP)
		return match_bare(p, r, serial, mark);
	const struct claim claims[] = { by_transport(p, r), by_payload(p, r), by_ip_id(p, r) };
	int best = 0;
	bool rewritten = false;
	for (size_t i = 0; i < COUNT(claims); i++) {
		int n = claims[i].ours ? votes(claims, COUNT(claims), claims[i].serial) : 0;
		if (n > best) {
			best = n;
			*serial = claims[i].serial;
		}
		rewritten = rewritten || (claims[i].there && !claims[i].ours);
	}
	bool sport = r->sport == t->sport;
	bool dport = r->dport == t->dport || t->method == TRACE_ICMP;
	if (best < 1 || best + sport - is_foreign(p, r) - is_odd(p, r, &claims[0]) < AGREE)
		return false;
	rewritten = rewritten || !sport || !dport || !addr_eq(r->src, t->src);
	if (t->method == TRACE_ICMP && r->quoted && r->has_check)
		rewritten = rewritten || r->check != trace_path_check(p, *serial);
	*mark = rewritten ? TRACE_REWRITTEN : 0;
	return true;
}
