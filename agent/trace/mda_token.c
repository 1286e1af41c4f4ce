// SPDX-License-Identifier: Apache-2.0
#include "base/macro.h"
#include "trace/mda_state.h"
#include "trace/probe.h"

#define AGREE 2 // in units of 16 random bits; a port of ours counts for one

static uint16_t check_cookie(const struct mda *m)
{
	return (uint16_t)(m->target.random >> 32);
}

static uint16_t id_cookie(const struct mda *m)
{
	return (uint16_t)(m->target.random >> 48);
}

static uint32_t seq_base(const struct mda *m)
{
	return (uint32_t)(m->target.random >> 16) * 2654435761u;
}

uint32_t mda_flow_label(const struct mda *m, uint16_t flow)
{
	uint32_t label = (uint32_t)((m->target.random >> 20) + flow * 7919u) & TRACE_LABEL_MAX;
	if (m->target.dst.family == 4)
		return 0;
	if (m->target.flow_label != TRACE_LABEL_AUTO)
		return m->target.flow_label;
	return label == 0 ? 1 : label;
}

uint32_t mda_flow_id(const struct mda *m, uint16_t flow)
{
	bool label = m->target.dst.family == 6 && m->target.flow_label == TRACE_LABEL_AUTO;
	return label ? mda_flow_label(m, flow) : (uint32_t)m->target.sport_first + flow;
}

void mda_token_put(const struct mda *m, uint16_t serial, struct trace_probe *out)
{
	const struct mda_target *t = &m->target;
	const struct mda_sent *s = &m->sent[serial];
	uint32_t seq = seq_base(m) + serial;
	bool icmp = t->method == TRACE_ICMP;
	*out = (struct trace_probe){
		.ref.serial = serial,
		.src = t->src,
		.dst = t->dst,
		.method = t->method,
		.ttl = (uint8_t)(t->first_ttl - 1 + s->hop),
		.tos = t->tos,
		.sport = (uint16_t)(t->sport_first + s->flow),
		.dport = t->dport,
		.flow_label = mda_flow_label(m, s->flow),
		.ip_id = trace_token(id_cookie(m), serial),
		.seq = icmp ? seq & 0xffff : seq,
		// The checksum of ICMP is what balancers hash: it belongs to the flow.
		.check = trace_token(check_cookie(m), icmp ? s->flow : serial),
		.cookie = (uint32_t)t->random,
		.name = t->name,
	};
}

struct claim {
	uint32_t serial;
	int weight; // random bits / 16; 0: no claim
};

static struct claim by_transport(const struct mda *m, const struct trace_reply *r)
{
	uint32_t base = seq_base(m);
	if (r->proto == IP_UDP)
		return (struct claim){ trace_token_serial(check_cookie(m), r->check),
				       r->has_check };
	if (r->proto == IP_TCP)
		return (struct claim){ r->seq - base, r->has_seq ? 2 : 0 };
	return (struct claim){ (r->seq - base) & 0xffff, r->has_seq };
}

static struct claim by_payload(const struct mda *m, const struct trace_reply *r)
{
	bool ours = r->proto != IP_TCP && r->has_token && r->cookie == (uint32_t)m->target.random;
	return (struct claim){ r->serial, ours ? 2 : 0 };
}

static struct claim by_ip_id(const struct mda *m, const struct trace_reply *r)
{
	bool there = r->quoted && m->target.dst.family == 4;
	return (struct claim){ trace_token_serial(id_cookie(m), r->quoted_id), there };
}

// As trace/match.h judges a plain trace's answers: a token of somebody else's is against it (zeros:
// a router that fills its quote up), and so is a sequence number of nobody's, or a UDP checksum
// where no NAT is to be seen that would have made it another.
static int against(const struct mda *m, const struct trace_reply *r, const struct claim *transport,
		   bool port)
{
	const struct mda_target *t = &m->target;
	bool foreign = r->proto != IP_TCP && r->has_token && r->cookie != 0 &&
		       r->cookie != (uint32_t)t->random;
	bool nat = !port || r->dport != t->dport || !addr_eq(r->src, t->src);
	bool odd = transport->weight > 0 && transport->serial >= m->serials &&
		   (r->proto != IP_UDP || (!nat && r->check != 0));
	return foreign + odd;
}

bool mda_token_find(const struct mda *m, const struct trace_reply *r, uint16_t *serial)
{
	const struct mda_target *t = &m->target;
	if (r->kind == TRACE_HEARD_OTHER || !addr_eq(r->dst, t->dst) ||
	    r->proto != trace_proto(t->method, t->dst.family))
		return false;
	const struct claim claims[] = { by_transport(m, r), by_payload(m, r), by_ip_id(m, r) };
	int best = 0;
	for (size_t i = 0; i < COUNT(claims); i++) {
		int votes = 0;
		if (claims[i].serial >= m->serials)
			continue;
		for (size_t k = 0; k < COUNT(claims); k++)
			if (claims[k].serial < m->serials)
				votes += claims[k].serial == claims[i].serial ? claims[k].weight
									      : -claims[k].weight;
		if (votes > best) {
			best = votes;
			*serial = (uint16_t)claims[i].serial;
		}
	}
	if (best < 1)
		return false;
	bool port = r->sport == (uint16_t)(t->sport_first + m->sent[*serial].flow);
	return best + port - against(m, r, &claims[0], port) >= AGREE;
}
