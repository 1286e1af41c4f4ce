// SPDX-License-Identifier: Apache-2.0
#include "msg/batch.h"
#include "msg/unpack.h"

static void arrays(const Waymark__Graph *g, struct graph_record *out)
{
	out->flow_label = g->flow_label;
	out->flow_label_count = g->n_flow_label;
	out->width = bytes_of(g->width);
	out->mark = bytes_of(g->mark);
	out->nodes = g->n_seen;
	out->addrs = bytes_of(g->addrs);
	out->rtt_us = g->rtt_us;
	out->answer = g->answer;
	out->reply_ttl = bytes_of(g->reply_ttl);
	out->quoted_ttl = bytes_of(g->quoted_ttl);
	out->seen = g->seen;
	out->flow = g->flow;
	out->sightings = g->n_flow;
	out->out = bytes_of(g->out);
	out->to = bytes_of(g->to);
	out->link_flows = g->link_flows;
	out->mpls_node = g->mpls_node;
	out->mpls_label = g->mpls_label;
	out->mpls_count = g->n_mpls_node;
	out->lost = g->lost;
	out->lost_count = g->n_lost;
	out->reply_tos = bytes_of(g->reply_tos);
	out->extra = bytes_of(g->extra);
}

enum err batch_graph(const struct batch *b, size_t i, struct graph_record *out)
{
	if (i >= b->pb->n_graph)
		return ERR_STATE;
	const Waymark__Graph *g = b->pb->graph[i];
	*out = (struct graph_record){
		.id = g->id,
		.start = wall_of(g->start_ns),
		.duration_us = g->duration_us,
		.purpose = (enum trace_purpose)known_of((int)g->purpose, TRACE_PURPOSE_COUNT),
		.method = (enum trace_method)known_of((int)g->method, TRACE_METHOD_COUNT),
		.stop = (enum trace_stop)known_of((int)g->stop, TRACE_STOP_COUNT),
		.mode = (enum graph_mode)known_of((int)g->mode, GRAPH_MODE_COUNT),
		.probes_sent = g->probes_sent,
		.kernel_drops = g->kernel_drops,
		.confidence_ppm = g->confidence_ppm,
		.reached_ppm = g->reached_ppm,
		.complete = g->complete,
		.flows = g->flows,
		.first_ttl = (uint8_t)g->first_ttl,
	};
	arrays(g, out);
	if (g->first_ttl > UINT8_MAX || g->n_rtt_us != g->n_seen || g->n_answer != g->n_seen ||
	    g->n_link_flows != g->to.len || g->n_mpls_label != g->n_mpls_node)
		return ERR_FORMAT;
	return ANY(run_of(g->run, &out->run), addr_of_bytes(g->src, &out->src),
		   addr_of_bytes(g->dst, &out->dst), port_of(g->sport_first, &out->sport_first),
		   port_of(g->dport, &out->dport), graph_check(out));
}
