// SPDX-License-Identifier: Apache-2.0
#include "trace/mda_state.h"
#include "trace/probe.h"

#define SLOW_FIRST (50 * NS_PER_MS) // between probes to a router that seems to limit its answers
#define SLOW_MOST  NS_PER_S
#define GOOD_RUN   8 // answers in a row after which it is asked faster again
#define SLOW_LEAST (5 * NS_PER_MS)
#define TRIES_MOST 6     // probes of one flow before a hop that answers others is silent to it
#define TRIES_LESS 3     // when that has happened to another flow
#define EXTRA_MOST 16384 // bytes of one graph

#define REWRITTEN                                                                                  \
	(1u << TRACE_SEEN_ID | 1u << TRACE_SEEN_SPORT | 1u << TRACE_SEEN_DPORT |                   \
	 1u << TRACE_SEEN_SRC | 1u << TRACE_SEEN_CHECK)

static bool is_end(const struct mda *m, const struct trace_reply *r)
{
	return r->kind != TRACE_HEARD_EXPIRED || addr_eq(r->from, m->target.dst);
}

// A port that is not there: the target's own stack speaks, from whatever address.
static bool is_target(const struct mda *m, const struct trace_reply *r)
{
	bool v4 = r->dst.family == 4;
	bool port = v4 ? r->icmp_code == 2 || r->icmp_code == 3 : r->icmp_code == 4;
	return addr_eq(r->from, m->target.dst) || r->kind > TRACE_HEARD_UNREACHABLE ||
	       (r->kind == TRACE_HEARD_UNREACHABLE && port);
}

static uint32_t answer_of(const struct trace_reply *r)
{
	if (r->kind == TRACE_HEARD_SYN_ACK || r->kind == TRACE_HEARD_RST)
		return ANSWER(ANSWER_TCP, 0, r->tcp_flags & 0xff);
	if (r->kind == TRACE_HEARD_DATAGRAM)
		return ANSWER(ANSWER_UDP, 0, 0);
	return ANSWER(ANSWER_ICMP, r->icmp_type, r->icmp_code);
}

static void describe(const struct mda *m, struct mda_node *n, int64_t rtt,
		     const struct trace_reply *r)
{
	n->rtt_min = n->answer == 0 || rtt < n->rtt_min ? rtt : n->rtt_min;
	n->answer = answer_of(r);
	n->reply_ttl = r->ttl;
	n->reply_tos = r->tos;
	n->quoted_ttl = r->quoted ? r->quoted_ttl : 0;
	n->end = n->end || is_end(m, r);
	n->reached = n->reached || is_target(m, r);
	n->mpls_count = 0;
	for (size_t i = 0; i < r->mpls_count && i < MDA_MPLS; i++) {
		const struct mpls_entry *e = &r->mpls[i];
		n->mpls[n->mpls_count++] =
			e->label << 12 | (e->tc & 7u) << 9 | (e->bottom ? 256u : 0u) | e->ttl;
	}
}

// Each kind once of an interface, of the answer that told it first.
static void keep_extra(struct mda *m, uint16_t serial, const struct trace_reply *r)
{
	struct trace_probe p;
	struct mda_sent *s = &m->sent[serial];
	struct mda_node *n = &m->graph.hop[s->hop].nodes[s->node];
	mda_token_put(m, serial, &p);
	const struct trace_sent sent = {
		.src = &m->target.src,
		.sport = p.sport,
		.dport = p.dport,
		.ip_id = p.ip_id,
		.check = p.check,
		.tos = p.tos,
		.has_dport = p.method != TRACE_ICMP,
		.has_check = trace_proto(p.method, p.dst.family) != IP_TCP,
	};
	unsigned told = trace_extras_keep(&m->extras, EXTRA_MOST, mda_extra_number(s->hop, s->node),
					  &sent, r, n->told);
	n->told |= (uint16_t)told;
	s->rewritten = (told & REWRITTEN) != 0;
}

// The first answer of a hop that was taken for silent: those flows deserve to be asked again.
static void believe(struct mda *m, uint8_t hop)
{
	struct mda_hop *h = &m->graph.hop[hop];
	for (uint16_t f = 0; h->answers == 0 && f < m->graph.flows; f++) {
		const struct mda_cell *c = mda_graph_cell(&m->graph, f, hop);
		if (c->state == MDA_KNOWN && c->node != MDA_NONE &&
		    h->nodes[c->node].addr.family == 0)
			mda_graph_set(&m->graph, f, hop, MDA_EMPTY);
	}
}

static void ease(struct mda *m, uint8_t hop)
{
	struct mda_manner *manner = &m->manners[hop];
	if (manner->spacing == 0 || ++manner->good < GOOD_RUN)
		return;
	manner->good = 0;
	manner->spacing = manner->spacing / 2 > SLOW_LEAST ? manner->spacing / 2 : SLOW_LEAST;
}

bool mda_hear(struct mda *m, struct mono now, struct mono rx, const struct trace_reply *r)
{
	uint16_t serial = 0;
	if (m->finished || !mda_token_find(m, r, &serial))
		return false;
	struct mda_sent *s = &m->sent[serial];
	struct mda_cell *c = mda_graph_cell(&m->graph, s->flow, s->hop);
	if (s->state == MDA_SENT_ANSWERED)
		return true;
	if (mono_before(now, rx) || mono_before(rx, s->at))
		rx = mono_before(now, s->at) ? s->at : now;
	s->late = s->state != MDA_SENT_OPEN;
	s->rtt = mono_since(rx, s->at);
	s->state = MDA_SENT_ANSWERED;
	if (!s->late && s->rtt > m->rtt_max)
		m->rtt_max = s->rtt;
	believe(m, s->hop);
	m->graph.hop[s->hop].answers++;
	s->node = mda_graph_node(&m->graph, s->hop, r->from);
	if (s->node == MDA_NONE)
		return true;
	describe(m, &m->graph.hop[s->hop].nodes[s->node], s->rtt, r);
	keep_extra(m, serial, r);
	ease(m, s->hop);
	bool silent = c->state == MDA_KNOWN && c->node != MDA_NONE &&
		      m->graph.hop[s->hop].nodes[c->node].addr.family == 0;
	if (s->repeat)
		mda_check_hear(m, serial, s->node);
	else if (c->state != MDA_KNOWN || silent)
		mda_graph_put(&m->graph, s->flow, s->hop, s->node, serial);
	return true;
}

static bool ask_again(const struct mda *m, uint8_t hop, uint8_t tries)
{
	const struct mda_hop *h = &m->graph.hop[hop];
	bool some_silent = false;
	for (uint8_t i = 0; i < h->count; i++)
		some_silent =
			some_silent || (h->nodes[i].addr.family == 0 && h->nodes[i].flows > 0);
	if (h->answers > 0)
		return tries < (some_silent ? TRIES_LESS : TRIES_MOST);
	return h->live == 0 && tries < m->target.attempts;
}

void mda_silent(struct mda *m, uint16_t serial)
{
	struct mda_sent *s = &m->sent[serial];
	struct mda_manner *manner = &m->manners[s->hop];
	struct mda_cell *c = mda_graph_cell(&m->graph, s->flow, s->hop);
	s->state = MDA_SENT_SILENT;
	s->lost = !mono_before(m->lost_at, s->at);
	if (s->repeat) {
		m->checks[s->hop].open--;
		return;
	}
	if (c->state != MDA_OPEN)
		return;
	c->lost = (uint8_t)(c->lost + s->lost);
	if (!s->lost && m->graph.hop[s->hop].answers > 0) {
		manner->good = 0;
		manner->spacing = manner->spacing < SLOW_FIRST ? SLOW_FIRST : 2 * manner->spacing;
		if (manner->spacing > SLOW_MOST)
			manner->spacing = SLOW_MOST;
	}
	uint8_t repeated = c->lost < MDA_LOST_AGAIN ? c->lost : MDA_LOST_AGAIN;
	bool once_more = s->lost && c->lost <= MDA_LOST_AGAIN;
	if (once_more || ask_again(m, s->hop, (uint8_t)(c->tries - repeated))) {
		s->state = MDA_SENT_AGAIN;
		mda_graph_set(&m->graph, s->flow, s->hop, MDA_AGAIN);
		return;
	}
	uint8_t none = mda_graph_node(&m->graph, s->hop, (struct addr){ 0 });
	mda_graph_put(&m->graph, s->flow, s->hop, none, serial);
}
