// SPDX-License-Identifier: Apache-2.0
//
// What TCP headers tell of a connection: the handshake's round trips, and what was sent again.
#include "capture/flow_inner.h"

#define DISORDER_NS (3 * NS_PER_MS) // what comes late by less was overtaken, not sent again

// The handshake as seen from here: the way to b and back, then the way to a and back. One that was
// sent twice cannot tell which of the two was answered (Karn), so it tells nothing.
static void hear_handshake(struct flow_slot *s, uint8_t side, struct wall at,
			   const struct tcp_head *tcp)
{
	struct flow *f = &s->flow;
	int64_t *rtt = side == 0 ? &f->rtt_a_ns : &f->rtt_b_ns; // of who sends now
	bool syn = (tcp->flags & TCP_SYN) != 0, ack = (tcp->flags & TCP_ACK) != 0;
	if (s->waits != (side == 0 ? FLOW_FOR_A : FLOW_FOR_B)) {
		if (syn) { // the first one, or one sent again
			s->waits = s->asked ? FLOW_FOR_NONE : side == 0 ? FLOW_FOR_B : FLOW_FOR_A;
			s->asked = true;
			s->syn_at = at;
		}
		return;
	}
	if (!ack)
		return;
	if (*rtt == 0 && at.ns > s->syn_at.ns)
		*rtt = at.ns - s->syn_at.ns;
	s->waits = syn ? (side == 0 ? FLOW_FOR_B : FLOW_FOR_A) : FLOW_FOR_NONE;
	s->syn_at = at;
}

void flow_facts_tcp(struct flow_slot *s, uint8_t side, struct wall at, const struct tcp_head *tcp)
{
	struct flow_pace *p = &s->pace[side];
	struct flow_side *counters = side == 0 ? &s->flow.ab : &s->flow.ba;
	bool syn = (tcp->flags & TCP_SYN) != 0, fin = (tcp->flags & TCP_FIN) != 0;
	uint32_t len = (uint32_t)tcp->payload.len + syn + fin, end = tcp->seq + len;
	if (syn || s->waits != FLOW_FOR_NONE)
		hear_handshake(s, side, at, tcp);
	if (len == 0)
		return;
	if (!p->known || (int32_t)(end - p->next) > 0) {
		p->known = true;
		p->next = end;
		p->at = at;
		return;
	}
	// A byte just before what is next asks whether the other still lives.
	bool probe = len == 1 && !syn && !fin && end == p->next;
	if (at.ns - p->at.ns < DISORDER_NS && !syn)
		counters->late++;
	else if (!probe)
		counters->again++;
}
