// SPDX-License-Identifier: Apache-2.0
#include "msg/graph.h"

#include "msg/word.h"

#define MILLION 1000000u

static const char *const modes[] = {
	[GRAPH_MODE_UNKNOWN] = "unknown",
	[GRAPH_LITE] = "lite",
	[GRAPH_FULL] = "full",
};
_Static_assert(COUNT(modes) == GRAPH_MODE_COUNT, "a mode has no name");

enum err graph_mode_read(struct span word, enum graph_mode *out)
{
	size_t i = 0;
	enum err err = word_read(modes, COUNT(modes), word, &i);
	*out = (enum graph_mode)i;
	return err;
}

static bool values_ok(const struct graph_record *g)
{
	return (unsigned)g->method < TRACE_METHOD_COUNT && (unsigned)g->stop < TRACE_STOP_COUNT &&
	       (unsigned)g->purpose < TRACE_PURPOSE_COUNT && (unsigned)g->mode < GRAPH_MODE_COUNT &&
	       addr_bits(g->dst) != 0 && (g->src.family == 0 || g->src.family == g->dst.family) &&
	       g->confidence_ppm <= MILLION && g->reached_ppm <= MILLION &&
	       g->flows <= GRAPH_FLOWS_MAX && g->sport_first + g->flows <= UINT16_MAX + 1;
}

static bool labels_ok(const struct graph_record *g)
{
	if (g->flow_label_count != (g->dst.family == 4 ? 0 : g->flows))
		return false;
	for (size_t i = 0; i < g->flow_label_count; i++)
		if (g->flow_label[i] > 0xfffff)
			return false;
	return true;
}

static bool shape_ok(const struct graph_record *g)
{
	size_t sum = 0;
	for (size_t i = 0; i < g->width.len; i++)
		sum += g->width.at[i];
	return g->width.len <= TRACE_HOPS_MAX && g->mark.len == g->width.len && sum == g->nodes &&
	       sum <= GRAPH_NODES_MAX && g->addrs.len == sum * (addr_bits(g->dst) / 8u) &&
	       g->reply_ttl.len == sum && g->quoted_ttl.len == sum && g->out.len == sum &&
	       (g->width.len == 0 || (g->first_ttl > 0 && g->first_ttl + g->width.len <= 256)) &&
	       g->mpls_count <= 4 * sum;
}

static bool flows_ok(const struct graph_record *g)
{
	size_t sum = 0;
	if (g->sightings > GRAPH_SEEN_MAX)
		return false;
	for (size_t i = 0; i < g->nodes; i++) {
		if (g->seen[i] > g->flows)
			return false;
		sum += g->seen[i];
	}
	for (size_t i = 0; i < g->sightings; i++)
		if (g->flow[i] >= g->flows)
			return false;
	for (size_t i = 0; i < g->mpls_count; i++)
		if (g->mpls_node[i] >= g->nodes)
			return false;
	return sum == g->sightings;
}

static bool told_ok(const struct graph_record *g)
{
	struct span rest = g->extra;
	struct trace_extra e;
	while (rest.len <= GRAPH_EXTRA_MAX && trace_extra_next(&rest, &e))
		if (e.probe >= g->nodes)
			return false;
	return rest.len == 0 && (g->lost_count == 0 || g->lost_count == g->nodes) &&
	       (g->reply_tos.len == 0 || g->reply_tos.len == g->nodes);
}

static bool links_ok(const struct graph_record *g)
{
	size_t node = 0, link = 0;
	for (size_t hop = 0; hop < g->width.len; hop++) {
		uint8_t next = hop + 1 < g->width.len ? g->width.at[hop + 1] : 0;
		for (uint8_t i = 0; i < g->width.at[hop]; i++, node++)
			for (uint8_t k = 0; k < g->out.at[node]; k++, link++)
				if (link >= g->to.len || g->to.at[link] >= next)
					return false;
	}
	return link == g->to.len && link <= GRAPH_SEEN_MAX;
}

enum err graph_check(const struct graph_record *g)
{
	bool ok = values_ok(g) && labels_ok(g) && shape_ok(g) && flows_ok(g) && links_ok(g) &&
		  told_ok(g);
	return ok ? ERR_OK : ERR_FORMAT;
}
