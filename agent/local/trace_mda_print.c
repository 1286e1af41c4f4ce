// SPDX-License-Identifier: Apache-2.0
#include "local/trace_mda_print.h"

#include "trace_format/extra.h"

static const char *text_of(const struct mda_node *n, char text[static ADDR_TEXT])
{
	if (n->addr.family == 0)
		return "*";
	addr_write(n->addr, text);
	return text;
}

static bool next_has(const struct mda_graph *g, uint8_t hop, uint8_t from, uint8_t to)
{
	return (g->hop[hop].next[from] >> to & 1) != 0 && g->hop[hop + 1].nodes[to].flows > 0;
}

static bool has_links(const struct mda_graph *g, uint8_t hop, uint8_t last)
{
	return hop < last && !mda_graph_loose(g, hop);
}

static void text_node(FILE *out, const struct mda_result *r, uint8_t hop, uint8_t i, uint32_t lost)
{
	char text[ADDR_TEXT];
	struct mda_graph *g = r->graph;
	const struct mda_node *n = &g->hop[hop].nodes[i];
	fprintf(out, "    %s", text_of(n, text));
	if (n->addr.family != 0)
		fprintf(out, "  %.3f ms", (double)n->rtt_min / (double)NS_PER_MS);
	else if (lost > 0)
		fprintf(out, "  (lost here)");
	// One next hop for all is told by the next line.
	bool tell =
		has_links(g, hop, r->last) && (g->hop[hop].live > 1 || g->hop[hop + 1].live > 1);
	const char *sign = "  ->";
	for (uint8_t k = 0; tell && k < g->hop[hop + 1].count; k++)
		if (next_has(g, hop, i, k)) {
			fprintf(out, "%s %s", sign, text_of(&g->hop[hop + 1].nodes[k], text));
			sign = ",";
		}
	fputc('\n', out);
}

void trace_mda_text(FILE *out, const struct mda_done *d, const char *name)
{
	char dst[ADDR_TEXT];
	struct mda_result r;
	mda_result(d->mda, &r);
	addr_write(d->target->dst, dst);
	fprintf(out, "multipath to %s (%s), %s", name, dst, trace_method_name(d->target->method));
	if (d->target->method != TRACE_ICMP)
		fprintf(out, " to port %u", d->target->dport);
	fputc('\n', out);
	for (uint8_t h = 1; h <= r.last; h++) {
		const struct mda_hop *hop = &r.graph->hop[h];
		mda_graph_count(r.graph, h);
		fprintf(out, "%2u  %u interface%s%s%s%s\n", r.first_ttl - 1u + h, hop->live,
			hop->live == 1 ? "" : "s", mda_stop_meshed(r.graph, h) ? ", meshed" : "",
			hop->per_packet ? ", balanced by packet" : "",
			hop->changed ? ", route changed" : "");
		for (uint8_t i = 0; i < hop->count; i++)
			if (hop->nodes[i].flows > 0)
				text_node(out, &r, h, i, mda_lost(d->mda, h, i));
	}
	fprintf(out, "%u probes, %u flows, whole with %.1f %%%s, %s\n", r.probes_sent,
		r.graph->flows, 100 * (r.risk < 1 ? 1 - r.risk : 0),
		r.complete ? "" : " (not done)", trace_stop_name(r.stop));
}

static void json_labels(struct json *j, const struct mda_node *n)
{
	json_array(j, "mpls");
	for (uint8_t i = 0; i < n->mpls_count; i++)
		trace_label_json(j, n->mpls[i]);
	json_end_array(j);
}

static void json_told(struct json *j, const struct mda_node *n, int64_t rtt)
{
	json_real(j, "rtt_ms", (double)rtt / (double)NS_PER_MS, 3);
	if (n->answer >> 16 == ANSWER_ICMP) {
		json_int(j, "icmp_type", n->answer >> 8 & 0xff);
		json_int(j, "icmp_code", n->answer & 0xff);
		json_int(j, "reply_ttl", n->reply_ttl);
		if (trace_answer_quotes(n->addr.family, n->answer))
			json_int(j, "quoted_ttl", n->quoted_ttl);
		else
			json_null(j, "quoted_ttl");
	} else {
		json_null(j, "icmp_type");
		json_null(j, "icmp_code");
		if (n->answer >> 16 == ANSWER_TCP)
			json_int(j, "tcp_flags", n->answer & 0xff);
		json_int(j, "reply_ttl", n->reply_ttl);
		json_null(j, "quoted_ttl");
	}
	json_labels(j, n);
}

static void json_replies(struct json *j, const struct mda_done *d, const struct mda_hop *h,
			 uint8_t hop)
{
	struct mda_reply reply;
	uint16_t at = 0;
	json_array(j, "replies");
	while (mda_each(d->mda, hop, &at, &reply)) {
		json_object(j, NULL);
		if (reply.node == MDA_NONE) {
			json_null(j, "addr");
			json_null(j, "rtt_ms");
			if (reply.lost)
				json_bool(j, "lost", true);
		} else {
			json_addr(j, "addr", h->nodes[reply.node].addr);
			json_told(j, &h->nodes[reply.node], reply.rtt);
			json_bool(j, "late", reply.late);
			json_bool(j, "rewritten", reply.rewritten);
		}
		json_end_object(j);
	}
	json_end_array(j);
}

static void json_hops(struct json *j, const struct mda_done *d, const struct mda_result *r)
{
	json_array(j, "hops");
	for (uint8_t h = 1; h <= r->last; h++) {
		const struct mda_hop *hop = &r->graph->hop[h];
		json_object(j, NULL);
		json_int(j, "ttl", r->first_ttl - 1 + h);
		json_int(j, "interfaces", hop->live);
		json_bool(j, "per_packet", hop->per_packet);
		json_bool(j, "changed", hop->changed);
		json_bool(j, "meshed", mda_stop_meshed(r->graph, h));
		json_replies(j, d, hop, h);
		json_end_object(j);
	}
	json_end_array(j);
}

static void json_flows(struct json *j, const struct mda_done *d, const struct mda_result *r,
		       uint8_t hop, uint8_t node)
{
	json_array(j, "flows");
	for (uint16_t f = 0; f < r->graph->flows; f++) {
		const struct mda_cell *c = mda_graph_cell(r->graph, f, hop);
		if (c->state == MDA_KNOWN && c->node == node)
			json_int(j, NULL, mda_flow_id(d->mda, f));
	}
	json_end_array(j);
}

static void json_node(struct json *j, const struct mda_done *d, const struct mda_node *n,
		      uint16_t number)
{
	json_told(j, n, n->rtt_min);
	if (n->reply_tos != 0)
		json_int(j, "tos", n->reply_tos);
	trace_extras_json(j, mda_extras(d->mda), number);
}

static void json_nodes(struct json *j, const struct mda_done *d, const struct mda_result *r)
{
	json_array(j, "nodes");
	for (uint8_t h = 1; h <= r->last; h++)
		for (uint8_t i = 0; i < r->graph->hop[h].count; i++) {
			const struct mda_node *n = &r->graph->hop[h].nodes[i];
			// An old answer that no longer holds has no flows.
			if (n->flows == 0 && !r->graph->hop[h].changed)
				continue;
			json_object(j, NULL);
			json_int(j, "ttl", r->first_ttl - 1 + h);
			json_addr(j, "addr", n->addr);
			if (n->addr.family != 0)
				json_node(j, d, n, mda_extra_number(h, i));
			else if (mda_lost(d->mda, h, i) > 0)
				json_int(j, "lost", mda_lost(d->mda, h, i));
			json_flows(j, d, r, h, i);
			json_end_object(j);
		}
	json_end_array(j);
}

static void json_links(struct json *j, const struct mda_result *r)
{
	struct mda_graph *g = r->graph;
	json_array(j, "links");
	for (uint8_t h = 1; h < r->last; h++) {
		mda_graph_count(g, h);
		for (uint8_t a = 0; has_links(g, h, r->last) && a < g->hop[h].count; a++)
			for (uint8_t b = 0; b < g->hop[h + 1].count; b++) {
				if (!next_has(g, h, a, b))
					continue;
				json_object(j, NULL);
				json_int(j, "ttl", r->first_ttl - 1 + h);
				json_addr(j, "from", g->hop[h].nodes[a].addr);
				json_addr(j, "to", g->hop[h + 1].nodes[b].addr);
				json_int(j, "flows", mda_graph_link(g, h, a, b));
				json_end_object(j);
			}
	}
	json_end_array(j);
}

// Of the flow from port sport, sport + 1, …: whoever wants to go that way again needs both.
static void json_flow_labels(struct json *j, const struct mda_done *d, const struct mda_result *r)
{
	if (d->target->dst.family == 4)
		return;
	json_array(j, "flow_labels");
	for (uint16_t f = 0; f < r->graph->flows; f++)
		json_int(j, NULL, mda_flow_label(d->mda, f));
	json_end_array(j);
}

void trace_mda_json(FILE *out, const struct mda_done *d, const char *name)
{
	struct json j = json_of(out);
	struct mda_result r;
	const struct mda_target *t = d->target;
	mda_result(d->mda, &r);
	json_object(&j, NULL);
	json_text(&j, "target", name);
	json_addr(&j, "addr", t->dst);
	json_addr(&j, "src", t->src);
	json_text(&j, "method", trace_method_name(t->method));
	json_int(&j, "sport", t->sport_first);
	if (t->method == TRACE_ICMP)
		json_null(&j, "dport");
	else
		json_int(&j, "dport", t->dport);
	json_int(&j, "flow_id", mda_flow_id(d->mda, 0));
	json_wall(&j, "start", d->start);
	json_real(&j, "duration_ms", (double)d->took_ns / (double)NS_PER_MS, 3);
	json_text(&j, "stop_reason", trace_stop_name(r.stop));
	json_int(&j, "probes_sent", r.probes_sent);
	json_int(&j, "kernel_drops", d->drops);
	json_text(&j, "mda", t->mode == MDA_LITE ? "lite" : "full");
	json_real(&j, "confidence", 1 - t->risk, 4);
	json_real(&j, "confidence_reached", r.risk < 1 ? 1 - r.risk : 0, 4);
	json_bool(&j, "complete", r.complete);
	json_int(&j, "flows", r.graph->flows);
	json_flow_labels(&j, d, &r);
	json_hops(&j, d, &r);
	json_nodes(&j, d, &r);
	json_links(&j, &r);
	json_end_object(&j);
}
