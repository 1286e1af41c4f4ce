// SPDX-License-Identifier: Apache-2.0
//
// Rows of raw.graph.
#include <string.h>

#include "store/rows.h"

static void labels(struct wr *w, const uint32_t *v, size_t count)
{
	struct copy_array a = copy_array_open(w, COPY_INT8, count, false);
	for (size_t i = 0; i < count; i++)
		copy_i8(w, v[i]);
	copy_array_close(w, a);
}

// A router that is silent has no address.
static void addrs(struct wr *w, const struct graph_record *g)
{
	static const uint8_t silent[16];
	size_t size = g->dst.family == 4 ? 4 : 16;
	bool nulls = false;
	for (size_t i = 0; i < g->nodes; i++)
		nulls = nulls || memcmp(g->addrs.at + i * size, silent, size) == 0;
	struct copy_array a = copy_array_open(w, COPY_INET, g->nodes, nulls);
	for (size_t i = 0; i < g->nodes; i++) {
		if (memcmp(g->addrs.at + i * size, silent, size) == 0)
			copy_null(w);
		else
			copy_inet(w, addr_of(span_cut(g->addrs, i * size, size)));
	}
	copy_array_close(w, a);
}

static void links(struct wr *w, const struct graph_record *g)
{
	copy_bytes(w, g->out);
	copy_bytes(w, g->to);
	copy_i4_array(w, g->link_flows, g->to.len);
	if (g->mpls_count == 0) {
		copy_null(w);
		copy_null(w);
		return;
	}
	copy_i4_array(w, g->mpls_node, g->mpls_count);
	labels(w, g->mpls_label, g->mpls_count);
}

enum err rows_graph(struct wr *w, struct rows_key k, uint32_t item, const struct graph_record *g)
{
	copy_row(w, 41);
	copy_time(w, g->start);
	rows_item(w, k, item);
	copy_i8(w, (int64_t)g->id);
	copy_run(w, g->run);
	copy_i2(w, (int16_t)g->purpose);
	copy_i2(w, (int16_t)g->method);
	copy_i2(w, (int16_t)g->stop);
	copy_u31(w, g->duration_us);
	copy_inet_or_null(w, g->src);
	copy_inet(w, g->dst);
	copy_i4(w, g->sport_first);
	copy_i4(w, g->dport);
	copy_u31(w, g->probes_sent);
	copy_u31(w, g->kernel_drops);
	copy_i2(w, (int16_t)g->mode);
	copy_u31(w, g->confidence_ppm);
	copy_u31(w, g->reached_ppm);
	copy_bool(w, g->complete);
	copy_u31(w, g->flows);
	if (g->flow_label_count == 0)
		copy_null(w);
	else
		copy_i4_array(w, g->flow_label, g->flow_label_count);
	copy_i2(w, g->first_ttl);
	copy_bytes(w, g->width);
	copy_bytes(w, g->mark);
	addrs(w, g);
	copy_rtt_array(w, g->rtt_us, g->nodes);
	copy_i4_array(w, g->answer, g->nodes);
	copy_bytes(w, g->reply_ttl);
	copy_bytes(w, g->quoted_ttl);
	copy_i4_array(w, g->seen, g->nodes);
	copy_i4_array(w, g->flow, g->sightings);
	links(w, g);
	if (g->lost_count == 0)
		copy_null(w);
	else
		copy_i4_array(w, g->lost, g->lost_count);
	copy_bytes_or_null(w, g->reply_tos);
	copy_bytes_or_null(w, g->extra);
	return w->err;
}
