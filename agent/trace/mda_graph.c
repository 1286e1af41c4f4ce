// SPDX-License-Identifier: Apache-2.0
#include "trace/mda_graph.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 32 // flows

enum err mda_graph_init(struct mda_graph *g, uint8_t hops, uint16_t flows_max)
{
	*g = (struct mda_graph){ .hops = hops, .flows_max = flows_max };
	g->hop = calloc(hops, sizeof(*g->hop));
	if (g->hop == NULL)
		return ERR_MEMORY;
	for (uint8_t h = 0; h < hops; h++)
		g->hop[h].stale = true;
	// This machine: where every flow begins.
	if (mda_graph_node(g, 0, (struct addr){ 0 }) == MDA_NONE)
		return ERR_MEMORY;
	g->hop[0].nodes[0].flows = 1;
	g->hop[0].live = 1;
	return ERR_OK;
}

void mda_graph_wipe(struct mda_graph *g)
{
	for (uint8_t h = 0; g->hop != NULL && h < g->hops; h++)
		free(g->hop[h].nodes);
	free(g->hop);
	free(g->cells);
	*g = (struct mda_graph){ 0 };
}

struct mda_cell *mda_graph_cell(const struct mda_graph *g, uint16_t flow, uint8_t hop)
{
	return &g->cells[(size_t)flow * (g->hops - 1u) + (hop - 1u)];
}

static enum err grow(struct mda_graph *g)
{
	size_t row = (g->hops - 1u) * sizeof(*g->cells);
	size_t room = g->room == 0 ? ROOM_FIRST : g->room * 2u;
	struct mda_cell *cells = realloc(g->cells, room * row);
	if (cells == NULL)
		return ERR_MEMORY;
	memset((uint8_t *)cells + g->room * row, 0, (room - g->room) * row);
	g->cells = cells;
	g->room = (uint16_t)room;
	return ERR_OK;
}

enum err mda_graph_flow(struct mda_graph *g, uint16_t *out)
{
	if (g->flows == g->flows_max)
		return ERR_FULL;
	enum err err = g->flows < g->room ? ERR_OK : grow(g);
	if (err == ERR_OK)
		*out = g->flows++;
	return err;
}

uint8_t mda_graph_node(struct mda_graph *g, uint8_t hop, struct addr a)
{
	struct mda_hop *h = &g->hop[hop];
	for (uint8_t i = 0; i < h->count; i++)
		if (addr_eq(h->nodes[i].addr, a))
			return i;
	if (h->nodes == NULL)
		h->nodes = calloc(MDA_WIDTH, sizeof(*h->nodes));
	if (h->nodes == NULL || h->count == MDA_WIDTH) {
		h->full = true;
		return MDA_NONE;
	}
	h->nodes[h->count] = (struct mda_node){ .addr = a };
	return h->count++;
}

static void spoil(struct mda_graph *g, uint8_t hop)
{
	g->hop[hop].stale = true;
	g->hop[hop - 1].stale = true;
}

static void recount(struct mda_hop *h)
{
	h->live = 0;
	for (uint8_t i = 0; i < h->count; i++)
		if (h->nodes[i].flows > 0) {
			h->live++;
			h->only = i;
		}
}

static void forget(struct mda_graph *g, struct mda_cell *c, uint8_t hop)
{
	mda_graph_goal(g, c, 0, MDA_NONE);
	if (c->state == MDA_KNOWN && c->node != MDA_NONE)
		g->hop[hop].nodes[c->node].flows--;
	spoil(g, hop);
}

void mda_graph_put(struct mda_graph *g, uint16_t flow, uint8_t hop, uint8_t node, uint16_t serial)
{
	struct mda_cell *c = mda_graph_cell(g, flow, hop);
	forget(g, c, hop);
	c->state = MDA_KNOWN;
	c->node = node;
	c->serial = serial;
	if (node != MDA_NONE)
		g->hop[hop].nodes[node].flows++;
	recount(&g->hop[hop]);
}

void mda_graph_set(struct mda_graph *g, uint16_t flow, uint8_t hop, enum mda_cell_state state)
{
	struct mda_cell *c = mda_graph_cell(g, flow, hop);
	if (state == MDA_EMPTY || c->state == MDA_KNOWN)
		forget(g, c, hop);
	if (state == MDA_EMPTY)
		c->tries = c->repeats = c->lost = 0;
	c->state = (uint8_t)state;
	spoil(g, hop);
	recount(&g->hop[hop]);
}

void mda_graph_goal(struct mda_graph *g, struct mda_cell *c, uint8_t hop, uint8_t node)
{
	bool under_way = c->state == MDA_OPEN || c->state == MDA_AGAIN;
	if (under_way && c->goal_hop != 0)
		g->hop[c->goal_hop].wanted[c->goal_node]--;
	c->goal_hop = hop;
	c->goal_node = node;
	if (under_way && hop != 0)
		g->hop[hop].wanted[node]++;
}

uint8_t mda_graph_at(const struct mda_graph *g, uint16_t flow, uint8_t hop)
{
	const struct mda_hop *h = &g->hop[hop];
	if (hop == 0)
		return 0;
	const struct mda_cell *c = mda_graph_cell(g, flow, hop);
	if (c->state == MDA_KNOWN)
		return c->node;
	return h->live == 1 && !h->per_packet ? h->only : MDA_NONE;
}

void mda_graph_count(struct mda_graph *g, uint8_t hop)
{
	struct mda_hop *h = &g->hop[hop];
	if (!h->stale || hop + 1 >= g->hops)
		return;
	memset(h->flows, 0, sizeof(h->flows));
	memset(h->pending, 0, sizeof(h->pending));
	memset(h->next, 0, sizeof(h->next));
	for (uint16_t f = 0; f < g->flows; f++) {
		uint8_t at = mda_graph_at(g, f, hop);
		const struct mda_cell *c = mda_graph_cell(g, f, (uint8_t)(hop + 1));
		if (at == MDA_NONE || c->state == MDA_EMPTY)
			continue;
		if (c->state != MDA_KNOWN) {
			h->pending[at]++;
		} else if (c->node != MDA_NONE) {
			h->flows[at]++;
			h->next[at] |= UINT64_C(1) << c->node;
		}
	}
	h->stale = false;
}

bool mda_graph_loose(const struct mda_graph *g, uint8_t hop)
{
	return g->hop[hop].per_packet || (hop + 1 < g->hops && g->hop[hop + 1].per_packet);
}

uint32_t mda_graph_link(const struct mda_graph *g, uint8_t hop, uint8_t from, uint8_t to)
{
	uint32_t n = 0;
	for (uint16_t f = 0; f < g->flows; f++) {
		const struct mda_cell *c = mda_graph_cell(g, f, (uint8_t)(hop + 1));
		n += c->state == MDA_KNOWN && c->node == to && mda_graph_at(g, f, hop) == from;
	}
	return n;
}
