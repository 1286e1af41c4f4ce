// SPDX-License-Identifier: Apache-2.0
//
// What is known of one flow, and of one trace.
#include <string.h>

#include "trace/inflow_state.h"
#include "wire/udp.h"

uint8_t inflow_distance(uint8_t ttl)
{
	uint8_t begun = ttl <= 64 ? 64 : ttl <= 128 ? 128 : 255;
	return begun - ttl > INFLOW_FAR ? 0xff : (uint8_t)(begun - ttl);
}

static bool after(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

static void tcp_heard(struct inflow_flow *f, bool outgoing, const struct tcp_head *h)
{
	if ((h->flags & (TCP_FIN | TCP_RST)) != 0)
		f->closed = true;
	if ((h->flags & TCP_SYN) != 0) {
		// Ports used again: another connection.
		if (outgoing)
			f->out = f->in = f->closed = f->traced = false;
		return;
	}
	if ((h->flags & TCP_ACK) == 0)
		return;
	if (outgoing) {
		f->ack = f->out && !after(h->ack, f->ack) ? f->ack : h->ack;
		f->window = h->window;
		f->out = true;
	} else {
		f->una = f->in && !after(h->ack, f->una) ? f->una : h->ack;
		f->in = true;
	}
}

// Ports, into the key; TCP, into H. False: neither.
bool inflow_ports(const struct ip_head *ip, struct tcp_head *h, uint16_t *sport, uint16_t *dport)
{
	struct udp_head udp = { 0 };
	if (ip->frag_at != 0)
		return false;
	if (ip->proto == IP_TCP) {
		if (tcp_read(ip->payload, h) != ERR_OK)
			return false;
		*sport = h->sport;
		*dport = h->dport;
		return true;
	}
	if (ip->proto != IP_UDP || udp_read(ip->payload, &udp) == ERR_FORMAT)
		return false;
	*sport = udp.sport;
	*dport = udp.dport;
	return udp.sport != 0 && udp.dport != 0;
}

void inflow_flow_hear(struct inflow_flow *f, const struct inflow_packet *p,
		      const struct ip_head *ip, const struct tcp_head *h)
{
	f->last = p->at;
	if (p->outgoing) {
		f->tos = ip->tos;
		f->label = ip->flow_label;
		f->link_len = (uint8_t)(p->link.len <= INFLOW_LINK_MAX ? p->link.len : 0xff);
		if (p->link.len > 0 && p->link.len <= INFLOW_LINK_MAX)
			memcpy(f->link, p->link.at, p->link.len);
	} else {
		f->server_ttl = ip->ttl;
	}
	if (ip->proto == IP_TCP)
		tcp_heard(f, p->outgoing, h);
	else if (p->outgoing)
		f->out = true;
	else
		f->in = true;
}

bool inflow_ready(const struct inflow_flow *f, struct mono now)
{
	return f->out && f->in && !f->closed && f->link_len <= INFLOW_LINK_MAX &&
	       mono_since(now, f->last) < INFLOW_IDLE_NS && inflow_distance(f->server_ttl) != 0xff;
}

void inflow_note(struct inflow_trace *t, struct inflow_attempt *a, const struct trace_reply *r,
		 struct mono at)
{
	a->answered = true;
	a->from = r->from;
	a->rtt = mono_since(at, a->sent);
	a->answer = ANSWER(ANSWER_ICMP, r->icmp_type, r->icmp_code);
	a->reply_ttl = r->ttl;
	a->quoted_ttl = r->quoted_ttl;
	a->label_at = t->label_count;
	for (size_t i = 0; i < r->mpls_count && t->label_count < INFLOW_LABELS; i++, a->labels++)
		t->labels[t->label_count++] = (uint32_t)r->mpls[i].label << 12 |
					      (uint32_t)r->mpls[i].tc << 9 |
					      (uint32_t)r->mpls[i].bottom << 8 | r->mpls[i].ttl;
	if (a->ttl > t->top)
		t->top = a->ttl;
	if (r->kind == TRACE_HEARD_UNREACHABLE && (t->unreachable == 0 || a->ttl < t->unreachable))
		t->unreachable = a->ttl;
}

static bool has_answer(const struct inflow_trace *t, uint8_t ttl)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->attempts[i].ttl == ttl && t->attempts[i].answered)
			return true;
	return false;
}

// All was asked: is what was found the whole path?
enum trace_stop inflow_verdict(const struct inflow_trace *t)
{
	return t->last_ttl == 0 || has_answer(t, t->last_ttl) || t->top + 1 >= t->last_ttl
		       ? TRACE_MAX_TTL
		       : TRACE_GAP;
}

// An answer to everything ends the waiting early.
bool inflow_all_answered(const struct inflow_trace *t)
{
	for (size_t i = 0; i < t->count; i++)
		if (!t->attempts[i].answered && !t->attempts[i].unsent)
			return false;
	return true;
}

// Round by round over the TTLs, none further than GAP past the last that answered.
bool inflow_more(const struct inflow_config *c, struct inflow_trace *t)
{
	uint8_t end_ttl = t->last_ttl;
	if (t->unreachable != 0 && t->unreachable < end_ttl)
		end_ttl = t->unreachable;
	if (t->round > 0 && t->top + c->gap < end_ttl)
		end_ttl = (uint8_t)(t->top + c->gap);
	if (t->ttl > end_ttl) {
		t->ttl = 1;
		t->round++;
	}
	return end_ttl > 0 && t->round < c->attempts && t->count < INFLOW_PROBES;
}
