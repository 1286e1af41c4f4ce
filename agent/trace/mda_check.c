// SPDX-License-Identifier: Apache-2.0
//
// A flow is asked again where it was seen already. The same answer: balancing is by flow. Another:
// that flow is asked until it is clear whether every packet goes its own way, or the flow has moved
// for good and the route has changed.
#include "trace/mda_state.h"

#define LATE        3
#define DOUBT       6 // equal answers that make it a change of route
#define DOUBT_MOST  20
#define CHANGES_MAX 3 // after which a restless route is reported as it is

// Repeats that packets going their own way among WIDTH interfaces pass once in 64 times or less.
static unsigned enough(unsigned width)
{
	unsigned n = 1;
	for (unsigned ways = width; width > 1 && ways < 64; ways *= width)
		n++;
	return n;
}

static bool behind_balancer(struct mda *m, uint8_t hop)
{
	struct mda_hop *before = &m->graph.hop[hop - 1];
	if (m->graph.hop[hop].live < 2)
		return false;
	if (before->per_packet)
		return true;
	mda_graph_count(&m->graph, (uint8_t)(hop - 1));
	for (uint8_t i = 0; i < before->count; i++)
		if (__builtin_popcountll(before->next[i]) > 1)
			return true;
	return false;
}

// The flow repeated least; of those the one whose answer is oldest.
static bool oldest(const struct mda *m, uint8_t hop, uint16_t *flow)
{
	const struct mda_cell *best = NULL;
	for (uint16_t f = 0; f < m->graph.flows; f++) {
		const struct mda_cell *c = mda_graph_cell(&m->graph, f, hop);
		if (c->state != MDA_KNOWN || c->node == MDA_NONE ||
		    m->graph.hop[hop].nodes[c->node].addr.family == 0)
			continue;
		if (best == NULL || c->repeats < best->repeats ||
		    (c->repeats == best->repeats && c->serial < best->serial)) {
			best = c;
			*flow = f;
		}
	}
	return best != NULL;
}

static bool wants(struct mda *m, uint8_t hop, bool last, uint16_t *flow)
{
	const struct mda_check *k = &m->checks[hop];
	unsigned live = m->graph.hop[hop].live;
	// Half of them soon, the others when all else is done: by then a route may have changed,
	// and the oldest answers tell.
	unsigned early = (enough(live) + 1) / 2;
	unsigned want = last ? early + LATE : early;
	if (m->graph.hop[hop].per_packet)
		return false;
	if (k->doubt) {
		*flow = k->doubt_flow;
		return k->open == 0;
	}
	return (unsigned)k->agreed + k->open < want && k->asked < 2 * want &&
	       behind_balancer(m, hop) && oldest(m, hop, flow);
}

bool mda_check_next(struct mda *m, bool last, uint64_t blocked, uint16_t *flow, uint8_t *hop)
{
	for (*hop = 1; *hop < m->graph.hops; (*hop)++) {
		struct mda_check *k = &m->checks[*hop];
		if ((blocked >> (*hop & 63) & 1) != 0 || !wants(m, *hop, last, flow))
			continue;
		k->open++;
		k->asked = k->asked == UINT8_MAX ? k->asked : (uint8_t)(k->asked + 1);
		k->doubt_asked = (uint8_t)(k->doubt_asked + k->doubt);
		return true;
	}
	return false;
}

// All that was seen from HOP on before the first sign of the change is seen anew.
static void change(struct mda *m, uint8_t hop)
{
	uint16_t since = m->checks[hop].doubt_since;
	m->graph.hop[hop].changed = true;
	if (m->changes++ >= CHANGES_MAX)
		return;
	for (uint8_t h = hop; h < m->graph.hops; h++) {
		for (uint16_t f = 0; f < m->graph.flows; f++) {
			const struct mda_cell *c = mda_graph_cell(&m->graph, f, h);
			if (c->state == MDA_KNOWN && c->serial < since)
				mda_graph_set(&m->graph, f, h, MDA_EMPTY);
		}
		m->checks[h].asked = m->checks[h].agreed = 0;
	}
	m->loop = 0;
}

static void part(struct mda *m, uint8_t hop)
{
	m->graph.hop[hop].per_packet = true;
	m->graph.hop[hop].stale = m->graph.hop[hop - 1].stale = true;
}

void mda_check_hear(struct mda *m, uint16_t serial, uint8_t node)
{
	const struct mda_sent *s = &m->sent[serial];
	struct mda_check *k = &m->checks[s->hop];
	struct mda_cell *c = mda_graph_cell(&m->graph, s->flow, s->hop);
	if (!s->late)
		k->open--;
	if (c->state != MDA_KNOWN)
		return;
	c->repeats = c->repeats == UINT8_MAX ? UINT8_MAX : (uint8_t)(c->repeats + 1);
	if (k->doubt && s->flow == k->doubt_flow && serial > k->doubt_since) {
		k->doubt = node == k->doubt_node && ++k->doubt_agreed < DOUBT;
		if (node != k->doubt_node || k->doubt_asked >= DOUBT_MOST)
			part(m, s->hop);
		else if (!k->doubt)
			change(m, s->hop);
	} else if (node == c->node) {
		k->agreed++;
	} else if (!k->doubt) {
		k->doubt = true;
		k->doubt_flow = s->flow;
		k->doubt_since = serial;
		k->doubt_node = node;
		k->doubt_agreed = k->doubt_asked = 0;
	}
}
