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

// The server is silent to the last probes, so a gap is no end here; an answer at or before the last
// hop is.
enum trace_stop inflow_verdict(const struct inflow_trace *t)
{
	uint8_t last = t->path.target.max_ttl;
	return last == 0 || t->path.top + 1 >= last ? TRACE_MAX_TTL : TRACE_GAP;
}

bool inflow_enough(const struct inflow_trace *t)
{
	const struct trace_path *p = &t->path;
	for (uint8_t ttl = 1; ttl <= p->target.max_ttl; ttl++) {
		if (ttl > p->hop_room)
			return false;
		const struct trace_hop *h = &p->hops[ttl - 1];
		if (h->answer == TRACE_NO_SERIAL && h->tries < p->target.attempts)
			return false;
	}
	return true;
}

uint8_t inflow_last_ttl(const struct inflow_config *c, uint8_t server_ttl)
{
	uint8_t routers = inflow_distance(server_ttl);
	return routers < c->max_ttl ? routers : c->max_ttl;
}

void inflow_end(struct inflow_trace *t, enum trace_not_inside why)
{
	t->path.target.not_inside = (uint8_t)why;
	t->state = INFLOW_OVER;
}
