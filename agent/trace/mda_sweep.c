// SPDX-License-Identifier: Apache-2.0
#include "trace/mda_state.h"

#define AHEAD 3 // hops that the first flow is asked beyond the last known

static uint8_t cell_node(const struct mda *m, uint16_t flow, uint8_t hop)
{
	const struct mda_cell *c = mda_graph_cell(&m->graph, flow, hop);
	return c->state == MDA_KNOWN ? c->node : MDA_NONE;
}

static bool is_silent(const struct mda *m, uint8_t hop, uint8_t node)
{
	return node != MDA_NONE && m->graph.hop[hop].nodes[node].addr.family == 0;
}

// Whether the first flow's last 2 * PERIOD hops up to LAST are one sequence twice.
static bool repeats(const struct mda *m, uint8_t last, uint8_t period)
{
	bool all_one = true;
	for (uint8_t i = 0; i < period; i++) {
		uint8_t h = (uint8_t)(last - i), g = (uint8_t)(h - period);
		uint8_t a = cell_node(m, 0, h), b = cell_node(m, 0, g), c = cell_node(m, 0, last);
		if (a == MDA_NONE || b == MDA_NONE || is_silent(m, h, a) ||
		    !addr_eq(m->graph.hop[h].nodes[a].addr, m->graph.hop[g].nodes[b].addr))
			return false;
		all_one = all_one &&
			  addr_eq(m->graph.hop[h].nodes[a].addr, m->graph.hop[last].nodes[c].addr);
	}
	return !all_one;
}

static void look_for_loop(struct mda *m, uint8_t hop)
{
	for (uint8_t period = 2; m->loop == 0 && 2 * period <= hop; period++)
		if (repeats(m, hop, period))
			m->loop = hop;
}

// Answers to the first flow from behind the end it was found to have tell nothing.
static void cut(struct mda *m, uint8_t end)
{
	for (uint8_t h = (uint8_t)(end + 1); h < m->graph.hops && h <= end + AHEAD; h++)
		if (mda_graph_cell(&m->graph, 0, h)->state == MDA_KNOWN)
			mda_graph_set(&m->graph, 0, h, MDA_EMPTY);
}

struct mda_sweep mda_sweep(struct mda *m)
{
	struct mda_sweep s = { 0 };
	unsigned silent = 0, unknown = 0;
	for (uint8_t h = 1; h < m->graph.hops; h++) {
		const struct mda_cell *c = mda_graph_cell(&m->graph, 0, h);
		uint8_t node = cell_node(m, 0, h);
		s.next = s.next == 0 && c->state == MDA_EMPTY && unknown < AHEAD ? h : s.next;
		unknown += c->state != MDA_KNOWN;
		if (c->state != MDA_KNOWN)
			continue;
		silent = node == MDA_NONE || is_silent(m, h, node) ? silent + 1 : 0;
		s.ended = node != MDA_NONE && m->graph.hop[h].nodes[node].end;
		look_for_loop(m, h);
		s.gap = silent >= m->target.gap;
		if (unknown == 0 && (s.ended || s.gap || m->loop != 0)) {
			s.over = true;
			s.end_hop = h;
			s.next = 0;
			if (s.ended)
				cut(m, h);
			return s;
		}
		if (s.ended || s.gap)
			break;
	}
	s.ended = s.gap = false;
	s.over = unknown == 0;
	s.end_hop = (uint8_t)(m->graph.hops - 1);
	return s;
}

uint8_t mda_top(const struct mda *m)
{
	uint8_t h = m->loop != 0 ? m->loop : (uint8_t)(m->graph.hops - 1);
	for (; h > 0; h--)
		for (uint8_t i = 0; i < m->graph.hop[h].count; i++)
			if (m->graph.hop[h].nodes[i].flows > 0 && !is_silent(m, h, i))
				return h;
	return 0;
}

uint8_t mda_judged(const struct mda *m, const struct mda_sweep *s)
{
	uint8_t t = mda_top(m);
	return s->ended && m->loop == 0 ? t : t == 0 ? 0 : (uint8_t)(t - 1);
}

enum trace_stop mda_sweep_stop(const struct mda *m, const struct mda_sweep *s)
{
	if (m->refused)
		return TRACE_REFUSED;
	if (m->no_route)
		return TRACE_UNREACHABLE;
	if (s->ended) {
		uint8_t node = cell_node(m, 0, s->end_hop);
		return m->graph.hop[s->end_hop].nodes[node].reached ? TRACE_REACHED
								    : TRACE_UNREACHABLE;
	}
	if (m->loop != 0)
		return TRACE_LOOP;
	if (!s->over || mda_is_over(m))
		return TRACE_DEADLINE;
	return s->gap ? TRACE_GAP : TRACE_MAX_TTL;
}
