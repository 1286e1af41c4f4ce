// SPDX-License-Identifier: Apache-2.0
#include "trace/mda_record.h"

#include <string.h>

#include "trace/mda_state.h"

#define MILLION 1e6

// What is worth telling of a graph, and how much of it there is.
struct extent {
	const struct mda_graph *g;
	uint8_t last;
	size_t addr_size, nodes, sightings, links, labels;
	const struct mda *m;
};

// An answer that no longer holds is told only where the route changed.
static bool told(const struct mda_hop *h, uint8_t node)
{
	return h->nodes[node].flows > 0 || h->changed;
}

static bool linked(const struct extent *e, uint8_t hop, uint8_t from, uint8_t to)
{
	return hop < e->last && !mda_graph_loose(e->g, hop) &&
	       (e->g->hop[hop].next[from] >> to & 1) != 0 && e->g->hop[hop + 1].nodes[to].flows > 0;
}

static void measure(struct extent *e, struct mda_graph *g)
{
	for (uint8_t h = 1; h <= e->last; h++)
		mda_graph_count(g, h);
	for (uint8_t h = 1; h <= e->last; h++)
		for (uint8_t i = 0; i < g->hop[h].count; i++) {
			if (!told(&g->hop[h], i))
				continue;
			e->nodes++;
			e->sightings += g->hop[h].nodes[i].flows;
			e->labels += g->hop[h].nodes[i].mpls_count;
			for (uint8_t k = 0; h < e->last && k < g->hop[h + 1].count; k++)
				e->links += linked(e, h, i, k);
		}
}

struct arrays {
	uint32_t *flow_label, *rtt_us, *answer, *seen, *flow, *link_flows, *mpls_node, *mpls_label;
	uint32_t *lost;
	uint8_t *width, *mark, *addrs, *reply_ttl, *quoted_ttl, *reply_tos, *out, *to, *extra;
	size_t node, sighting, link, label, extras; // how far they are filled
	bool losses, services;
};

static uint32_t *words(struct arena *a, size_t count)
{
	return arena_take(a, (count + 1) * sizeof(uint32_t));
}

static uint8_t *bytes(struct arena *a, size_t count)
{
	return arena_take(a, count + 1);
}

static bool take(struct arena *a, const struct extent *e, size_t flow_labels, struct arrays *to)
{
	*to = (struct arrays){
		.flow_label = words(a, flow_labels),
		.rtt_us = words(a, e->nodes),
		.answer = words(a, e->nodes),
		.seen = words(a, e->nodes),
		.flow = words(a, e->sightings),
		.link_flows = words(a, e->links),
		.mpls_node = words(a, e->labels),
		.mpls_label = words(a, e->labels),
		.width = bytes(a, e->last),
		.mark = bytes(a, e->last),
		.addrs = bytes(a, e->nodes * e->addr_size),
		.reply_ttl = bytes(a, e->nodes),
		.quoted_ttl = bytes(a, e->nodes),
		.out = bytes(a, e->nodes),
		.reply_tos = bytes(a, e->nodes),
		.lost = words(a, e->nodes),
		.extra = bytes(a, mda_extras(e->m).len),
		.to = bytes(a, e->links),
	};
	return to->flow_label != NULL && to->rtt_us != NULL && to->answer != NULL &&
	       to->seen != NULL && to->flow != NULL && to->link_flows != NULL &&
	       to->mpls_node != NULL && to->mpls_label != NULL && to->width != NULL &&
	       to->mark != NULL && to->addrs != NULL && to->reply_ttl != NULL &&
	       to->quoted_ttl != NULL && to->out != NULL && to->to != NULL &&
	       to->reply_tos != NULL && to->lost != NULL && to->extra != NULL;
}

static void put_flows(struct arrays *a, const struct mda_graph *g, uint8_t hop, uint8_t node)
{
	size_t before = a->sighting;
	for (uint16_t f = 0; f < g->flows; f++) {
		const struct mda_cell *c = mda_graph_cell(g, f, hop);
		if (c->state == MDA_KNOWN && c->node == node)
			a->flow[a->sighting++] = f;
	}
	a->seen[a->node] = (uint32_t)(a->sighting - before);
}

static void put_links(struct arrays *a, const struct extent *e, uint8_t hop, uint8_t node)
{
	uint8_t place = 0; // among those told of the next hop
	for (uint8_t k = 0; hop < e->last && k < e->g->hop[hop + 1].count; k++) {
		if (linked(e, hop, node, k)) {
			a->out[a->node]++;
			a->to[a->link] = place;
			a->link_flows[a->link++] = mda_graph_link(e->g, hop, node, k);
		}
		place = (uint8_t)(place + told(&e->g->hop[hop + 1], k));
	}
}

// The engine numbers entries by hop and place, the record by interface.
static void put_extra(struct arrays *a, const struct extent *e, uint8_t hop, uint8_t i)
{
	struct span rest = mda_extras(e->m), before = rest;
	struct trace_extra x;
	for (; trace_extra_next(&rest, &x); before = rest) {
		size_t len = TRACE_EXTRA_HEAD + x.data.len;
		if (x.probe != mda_extra_number(hop, i))
			continue;
		memcpy(a->extra + a->extras, before.at, len);
		a->extra[a->extras] = (uint8_t)(a->node >> 8);
		a->extra[a->extras + 1] = (uint8_t)a->node;
		a->extras += len;
	}
}

static void put_node(struct arrays *a, const struct extent *e, uint8_t hop, uint8_t i)
{
	const struct mda_node *n = &e->g->hop[hop].nodes[i];
	int64_t rtt = n->rtt_min / NS_PER_US;
	bool silent = n->addr.family == 0;
	if (!silent) {
		memcpy(a->addrs + a->node * e->addr_size, n->addr.bytes, e->addr_size);
		a->rtt_us[a->node] = rtt > UINT32_MAX ? UINT32_MAX : rtt < 1 ? 1 : (uint32_t)rtt;
		a->answer[a->node] = n->answer;
		a->reply_ttl[a->node] = n->reply_ttl;
		a->quoted_ttl[a->node] = n->quoted_ttl;
		a->reply_tos[a->node] = n->reply_tos;
		a->services = a->services || n->reply_tos != 0;
		put_extra(a, e, hop, i);
	}
	a->lost[a->node] = mda_lost(e->m, hop, i);
	a->losses = a->losses || a->lost[a->node] > 0;
	for (uint8_t k = 0; k < n->mpls_count; k++) {
		a->mpls_node[a->label] = (uint32_t)a->node;
		a->mpls_label[a->label++] = n->mpls[k];
	}
	put_flows(a, e->g, hop, i);
	put_links(a, e, hop, i);
	a->node++;
}

static uint8_t mark_of(const struct extent *e, struct mda_graph *g, uint8_t hop)
{
	bool lost = false;
	const struct mda_hop *h = &g->hop[hop];
	for (uint8_t i = 0; i < h->count; i++)
		lost = lost || mda_lost(e->m, hop, i) > 0;
	return (uint8_t)((h->per_packet ? GRAPH_PER_PACKET : 0) | (h->changed ? GRAPH_CHANGED : 0) |
			 (mda_stop_meshed(g, hop) ? GRAPH_MESHED : 0) |
			 (h->full ? GRAPH_TOO_WIDE : 0) | (lost ? GRAPH_LOST : 0));
}

static void put_all(struct arrays *a, const struct extent *e, struct mda_graph *g)
{
	for (uint8_t h = 1; h <= e->last; h++) {
		size_t before = a->node;
		for (uint8_t i = 0; i < g->hop[h].count; i++)
			if (told(&g->hop[h], i))
				put_node(a, e, h, i);
		a->width[h - 1] = (uint8_t)(a->node - before);
		a->mark[h - 1] = mark_of(e, g, h);
	}
}

static uint32_t millionths(double chance)
{
	return chance <= 0   ? 0
	       : chance >= 1 ? (uint32_t)MILLION
			     : (uint32_t)(chance * MILLION + 0.5);
}

enum err mda_record_make(struct mda *m, struct arena *arena, struct graph_record *out)
{
	const struct mda_target *t = &m->target;
	struct mda_result r;
	struct arrays a;
	mda_result(m, &r);
	struct extent e = {
		.g = r.graph, .last = r.last, .addr_size = addr_bits(t->dst) / 8u, .m = m
	};
	size_t labels = t->dst.family == 4 ? 0 : r.graph->flows;
	measure(&e, r.graph);
	if (!take(arena, &e, labels, &a))
		return ERR_FULL;
	for (uint16_t f = 0; f < labels; f++)
		a.flow_label[f] = mda_flow_label(m, f);
	put_all(&a, &e, r.graph);
	*out = (struct graph_record){
		.src = t->src,
		.dst = t->dst,
		.method = t->method,
		.sport_first = t->sport_first,
		.dport = t->dport,
		.stop = r.stop,
		.probes_sent = r.probes_sent,
		.mode = t->mode == MDA_FULL ? GRAPH_FULL : GRAPH_LITE,
		.confidence_ppm = millionths(1 - t->risk),
		.reached_ppm = millionths(1 - r.risk),
		.complete = r.complete,
		.flows = r.graph->flows,
		.flow_label = a.flow_label,
		.flow_label_count = labels,
		.first_ttl = t->first_ttl,
		.width = span_of(a.width, e.last),
		.mark = span_of(a.mark, e.last),
		.nodes = e.nodes,
		.addrs = span_of(a.addrs, e.nodes * e.addr_size),
		.rtt_us = a.rtt_us,
		.answer = a.answer,
		.reply_ttl = span_of(a.reply_ttl, e.nodes),
		.quoted_ttl = span_of(a.quoted_ttl, e.nodes),
		.seen = a.seen,
		.flow = a.flow,
		.sightings = a.sighting,
		.out = span_of(a.out, e.nodes),
		.to = span_of(a.to, a.link),
		.link_flows = a.link_flows,
		.mpls_node = a.mpls_node,
		.mpls_label = a.mpls_label,
		.mpls_count = a.label,
		.lost = a.lost,
		.lost_count = a.losses ? e.nodes : 0,
		.reply_tos = span_of(a.reply_tos, a.services ? e.nodes : 0),
		.extra = span_of(a.extra, a.extras),
	};
	return ERR_OK;
}
