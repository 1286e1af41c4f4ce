// SPDX-License-Identifier: Apache-2.0
#include "msg/field.h"

static void write_head(struct wr *w, const struct graph_record *g)
{
	field_run(w, 1, &g->run);
	field_fixed64(w, 2, g->id);
	field_wall(w, 3, g->start);
	field_u64(w, 4, g->duration_us);
	field_u64(w, 5, g->purpose);
	field_addr(w, 6, &g->src);
	field_addr(w, 7, &g->dst);
	field_u64(w, 8, g->method);
	field_u64(w, 9, g->sport_first);
	field_u64(w, 10, g->dport);
	field_u64(w, 11, g->stop);
	field_u64(w, 12, g->probes_sent);
	field_u64(w, 13, g->kernel_drops);
	field_u64(w, 14, g->mode);
	field_u64(w, 15, g->confidence_ppm);
	field_u64(w, 16, g->reached_ppm);
	field_u64(w, 17, g->complete);
	field_u64(w, 18, g->flows);
	field_packed(w, 19, g->flow_label, g->flow_label_count);
	field_u64(w, 20, g->first_ttl);
}

enum err record_write_graph(struct wr *out, const struct graph_record *g)
{
	enum err err = graph_check(g);
	if (err != ERR_OK)
		return err;
	size_t start = out->len, begun = field_begin(out, BATCH_GRAPH);
	write_head(out, g);
	field_bytes(out, 21, g->width);
	field_bytes(out, 22, g->mark);
	field_bytes(out, 23, g->addrs);
	field_packed(out, 24, g->rtt_us, g->nodes);
	field_packed(out, 25, g->answer, g->nodes);
	field_bytes(out, 26, g->reply_ttl);
	field_bytes(out, 27, g->quoted_ttl);
	field_packed(out, 28, g->seen, g->nodes);
	field_packed(out, 29, g->flow, g->sightings);
	field_bytes(out, 30, g->out);
	field_bytes(out, 31, g->to);
	field_packed(out, 32, g->link_flows, g->to.len);
	field_packed(out, 33, g->mpls_node, g->mpls_count);
	field_packed32(out, 34, g->mpls_label, g->mpls_count);
	field_packed(out, 35, g->lost, g->lost_count);
	field_bytes(out, 36, g->reply_tos);
	field_bytes(out, 37, g->extra);
	return record_finish(out, start, begun);
}
