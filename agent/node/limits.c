// SPDX-License-Identifier: Apache-2.0
#include "node/limits.h"

static uint8_t either(uint8_t ordered, uint8_t usual)
{
	return ordered != 0 ? ordered : usual;
}

static uint32_t label_of(const struct trace_limits *l)
{
	return l->flow_label > 0 ? l->flow_label - 1 : TRACE_LABEL_AUTO;
}

static uint8_t at_most(uint8_t count, uint8_t most)
{
	return count < most ? count : most;
}

void limits_trace(const struct trace_limits *l, uint8_t most, struct trace_target *to)
{
	to->first_ttl = either(l->first_ttl, to->first_ttl);
	to->max_ttl = either(l->max_ttl, to->max_ttl);
	to->attempts = either(l->attempts, to->attempts);
	to->gap = either(l->gap, to->gap);
	if (l->wait_ms != 0)
		to->wait_ns = l->wait_ms * NS_PER_MS;
	if (l->again != 0)
		to->again = (uint8_t)(l->again - 1);
	to->attempts = at_most(to->attempts, most);
	to->again = at_most(to->again, most - to->attempts);
	to->share_ns = (int64_t)l->share_s * NS_PER_S;
	to->sport = l->sport;
	to->tos = l->tos;
	to->flow_label = label_of(l);
	// Other methods have no place for a payload.
	to->size = l->pmtu && to->method <= TRACE_UDP ? TRACE_SIZE_MAX : 0;
}

void limits_graph(const struct trace_limits *l, const struct graph_order *g, uint8_t most,
		  struct mda_target *to)
{
	to->first_ttl = either(l->first_ttl, to->first_ttl);
	to->max_ttl = either(l->max_ttl, to->max_ttl);
	to->attempts = at_most(either(l->attempts, to->attempts), most);
	to->gap = either(l->gap, to->gap);
	if (l->wait_ms != 0)
		to->wait_ns = l->wait_ms * NS_PER_MS;
	to->sport_first = l->sport;
	to->tos = l->tos;
	to->flow_label = label_of(l);
	if (g->probes != 0)
		to->probes_max = (uint16_t)g->probes;
	if (g->confidence_ppm != 0)
		to->risk = 1 - g->confidence_ppm / 1e6;
	if (g->mode == GRAPH_FULL)
		to->mode = MDA_FULL;
}
