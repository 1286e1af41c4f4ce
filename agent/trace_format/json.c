// SPDX-License-Identifier: Apache-2.0
//
// Our own JSON, the one format that carries all the others say.
#include "trace_format/json.h"

#include "base/macro.h"
#include "base/text.h"
#include "trace_format/atlas.h"
#include "trace_format/extra.h"
#include "trace_format/parts.h"
#include "trace_format/scamper.h"

static const char *const tongues[TRACE_TONGUES] = { "atlas", "warts", "tool" };

static enum trace_stop stop_of(struct span word)
{
	for (int i = 0; i < TRACE_STOP_COUNT; i++)
		if (text_is(word, trace_stop_name((enum trace_stop)i)))
			return (enum trace_stop)i;
	return TRACE_STOP_UNKNOWN;
}

static bool flag(const struct tree *t, const char *key)
{
	const struct tree *v = tree_find(t, key);
	return v != NULL && text_is(v->raw, "true");
}

static enum err facts_read(struct arena *a, const struct tree *t, struct trace_facts *facts)
{
	for (size_t i = 0; i < TRACE_TONGUES; i++)
		if (trace_facts_read(a, tree_find(t, tongues[i]), &facts[i]) != ERR_OK)
			return ERR_MEMORY;
	return ERR_OK;
}

static enum err labels_read(struct arena *a, const struct tree *t, struct trace_doc_reply *r)
{
	const struct tree *mpls = tree_find(t, "mpls");
	for (const struct tree *m = mpls == NULL ? NULL : mpls->child; m != NULL; m = m->next) {
		uint64_t label = 0, tc = 0, ttl = 0;
		if (!tree_u64(m, "label", 0xfffff, &label) || !tree_u64(m, "tc", 7, &tc) ||
		    !tree_u64(m, "ttl", 255, &ttl))
			return ERR_FORMAT;
		uint32_t bottom = flag(m, "bottom") ? 1u << 8 : 0;
		if (trace_label_put(a, r, (uint32_t)(label << 12 | tc << 9 | ttl) | bottom) !=
		    ERR_OK)
			return ERR_MEMORY;
	}
	return ERR_OK;
}

static enum err reply_read(struct arena *a, const struct tree *t, struct trace_doc_reply *r)
{
	uint64_t n, code;
	if (t->kind != TREE_OBJECT)
		return ERR_FORMAT;
	(void)tree_addr(t, "addr", &r->from);
	r->host = tree_text(t, "name");
	r->has_rtt = tree_milli(t, "rtt_ms", &n) && n <= UINT32_MAX;
	r->rtt_us = r->has_rtt ? (uint32_t)n : 0;
	r->has_reply_ttl = tree_u64(t, "reply_ttl", 255, &n);
	r->reply_ttl = r->has_reply_ttl ? (uint8_t)n : 0;
	r->has_quoted_ttl = tree_u64(t, "quoted_ttl", 255, &n);
	r->quoted_ttl = r->has_quoted_ttl ? (uint8_t)n : 0;
	if (tree_u64(t, "icmp_type", 255, &n) && tree_u64(t, "icmp_code", 255, &code))
		r->answer = ANSWER(ANSWER_ICMP, n, code);
	else if (tree_u64(t, "tcp_flags", 255, &n))
		r->answer = ANSWER(ANSWER_TCP, 0, n);
	r->mark = (uint8_t)((flag(t, "late") ? TRACE_LATE : 0) |
			    (flag(t, "rewritten") ? TRACE_REWRITTEN : 0) |
			    (flag(t, "borrowed") ? TRACE_BORROWED : 0) |
			    (flag(t, "guessed") ? TRACE_GUESSED : 0) |
			    (flag(t, "lost") ? TRACE_LOST : 0));
	(void)tree_u64(t, "borrowed_from", UINT64_MAX, &r->borrowed_from);
	if (tree_u64(t, "borrowed_age_ms", UINT32_MAX, &n))
		r->borrowed_age_ms = (uint32_t)n;
	r->ip_id = tree_u64(t, "ip_id", 65535, &n) ? (uint16_t)n : 0;
	r->tos = tree_u64(t, "tos", 255, &n) ? (uint8_t)n : 0;
	r->mtu = tree_u64(t, "mtu", UINT32_MAX, &n) ? (uint32_t)n : 0;
	enum err err = labels_read(a, t, r);
	for (size_t i = 0; err == ERR_OK && trace_extra_keys[i] != NULL; i++) {
		const struct tree *m = tree_find(t, trace_extra_keys[i]);
		if (m != NULL)
			err = trace_fact_put(a, &r->told, m->key, m->raw);
	}
	return err == ERR_OK ? facts_read(a, t, r->facts) : err;
}

static enum err hops_read(struct arena *a, const struct tree *hops, struct trace_doc *d)
{
	for (const struct tree *hop = hops->child; hop != NULL; hop = hop->next) {
		uint64_t ttl;
		const struct tree *replies = tree_find(hop, "replies");
		if (!tree_u64(hop, "ttl", 255, &ttl) || replies == NULL)
			return ERR_FORMAT;
		for (const struct tree *t = replies->child; t != NULL; t = t->next) {
			struct trace_doc_reply *r;
			enum err err = trace_reply_put(a, d, &r);
			if (err != ERR_OK)
				return err;
			r->ttl = (uint8_t)ttl;
			err = reply_read(a, t, r);
			if (err != ERR_OK)
				return err;
		}
	}
	return ERR_OK;
}

static void numbers_read(const struct tree *t, struct trace_doc *d)
{
	uint64_t n;
	d->has_id = tree_u64(t, "id", UINT64_MAX, &d->id);
	d->sport = tree_u64(t, "sport", 65535, &n) ? (uint16_t)n : 0;
	d->dport = tree_u64(t, "dport", 65535, &n) ? (uint16_t)n : 0;
	d->beside_sport = tree_u64(t, "beside_sport", 65535, &n) ? (uint16_t)n : 0;
	if (d->dst.family == 6 && tree_u64(t, "flow_id", 0xfffff, &n))
		d->flow_label = (uint32_t)n;
	// Of a graph whose flows all have one label, flow_id is the port.
	const struct tree *labels = tree_find(t, "flow_labels");
	if (labels != NULL && labels->kind == TREE_ARRAY && labels->child != NULL &&
	    text_u64(labels->child->raw, 0, 0xfffff, &n) == ERR_OK)
		d->flow_label = (uint32_t)n;
	if (tree_milli(t, "duration_ms", &n) && n <= UINT32_MAX)
		d->duration_us = (uint32_t)n;
	if (tree_u64(t, "probes_sent", UINT32_MAX, &n))
		d->probes_sent = (uint32_t)n;
	d->server_hops = tree_u64(t, "server_hops", UINT8_MAX, &n) ? (uint8_t)n : 0;
	if (trace_not_inside_read(tree_text(t, "not_inside"), &d->not_inside) != ERR_OK)
		d->not_inside = TRACE_INSIDE;
	if (tree_u64(t, "path_mtu", UINT16_MAX, &n))
		d->path_mtu = (uint16_t)n;
	if (tree_u64(t, "tos", UINT8_MAX, &n))
		d->tos = (uint8_t)n;
	if (tree_u64(t, "kernel_drops", UINT32_MAX, &n))
		d->kernel_drops = (uint32_t)n;
}

static enum err own_read(struct arena *a, const struct tree *t, struct trace_doc *d)
{
	const struct tree *hops = tree_find(t, "hops");
	if (hops == NULL || hops->kind != TREE_ARRAY || tree_find(t, "stop_reason") == NULL ||
	    tree_find(t, "method") == NULL || tree_find(t, "target") == NULL)
		return ERR_MISSING;
	*d = (struct trace_doc){ .name = tree_text(t, "target") };
	(void)tree_addr(t, "addr", &d->dst);
	(void)tree_addr(t, "src", &d->src);
	if (trace_method_read(tree_text(t, "method"), &d->method) != ERR_OK)
		d->method = TRACE_METHOD_UNKNOWN;
	d->stop = stop_of(tree_text(t, "stop_reason"));
	struct span proto = tree_text(t, "proto");
	d->proto = text_is(proto, "tcp") ? 6 : text_is(proto, "udp") ? 17 : 0;
	d->has_start = wall_read(tree_text(t, "start"), &d->start) == ERR_OK;
	if (!d->has_start)
		d->start.ns = 0;
	numbers_read(t, d);
	enum err err = hops_read(a, hops, d);
	if (err == ERR_OK)
		err = facts_read(a, t, d->facts);
	d->first_ttl = d->count > 0 ? d->replies[0].ttl : 1;
	if (tree_find(t, "nodes") != NULL)
		d->graph = t->raw;
	return err;
}

enum err trace_line_read(struct arena *a, struct span line, struct trace_doc *out)
{
	struct tree *t;
	enum err err = tree_read(a, line, &t);
	if (err == ERR_OK)
		err = trace_tree_read(a, t, out);
	return err;
}

enum err trace_tree_read(struct arena *a, const struct tree *t, struct trace_doc *out)
{
	static enum err (*const readers[])(struct arena *, const struct tree *,
					   struct trace_doc *) = { own_read, scamper_read, mtr_read,
								   atlas_read };
	enum err err = ERR_MISSING;
	for (size_t i = 0; i < COUNT(readers) && err == ERR_MISSING; i++)
		err = readers[i](a, t, out);
	return err;
}

static void facts_write(struct json *j, const struct trace_facts *facts)
{
	for (size_t i = 0; i < TRACE_TONGUES; i++) {
		if (facts[i].first == NULL)
			continue;
		json_object(j, tongues[i]);
		trace_facts_members(j, &facts[i]);
		json_end_object(j);
	}
}

static void labels_write(struct json *j, const struct trace_doc_reply *r)
{
	json_array(j, "mpls");
	for (size_t i = 0; i < r->label_count; i++)
		trace_label_json(j, r->labels[i]);
	json_end_array(j);
}

static void answer_write(struct json *j, uint32_t answer)
{
	if (answer >> 16 == ANSWER_ICMP) {
		json_int(j, "icmp_type", answer >> 8 & 0xff);
		json_int(j, "icmp_code", answer & 0xff);
		return;
	}
	json_null(j, "icmp_type");
	json_null(j, "icmp_code");
	if (answer >> 16 == ANSWER_TCP)
		json_int(j, "tcp_flags", answer & 0xff);
}

static void maybe_int(struct json *j, const char *key, bool has, int64_t v)
{
	if (has)
		json_int(j, key, v);
	else
		json_null(j, key);
}

static void marks_write(struct json *j, const struct trace_doc_reply *r)
{
	if ((r->mark & TRACE_BORROWED) != 0) {
		json_bool(j, "borrowed", true);
		json_int(j, "borrowed_from", (int64_t)r->borrowed_from);
		json_int(j, "borrowed_age_ms", r->borrowed_age_ms);
	}
	if ((r->mark & TRACE_GUESSED) != 0)
		json_bool(j, "guessed", true);
}

static void reply_write(struct json *j, const struct trace_doc_reply *r)
{
	json_object(j, NULL);
	json_addr(j, "addr", r->from);
	if (r->host.len > 0)
		trace_quoted(j, "name", r->host);
	if (r->has_rtt)
		json_real(j, "rtt_ms", (double)r->rtt_us / 1000, 3);
	else
		json_null(j, "rtt_ms");
	if (r->from.family != 0) {
		answer_write(j, r->answer);
		maybe_int(j, "reply_ttl", r->has_reply_ttl, r->reply_ttl);
		if (r->has_reply_ttl && trace_back_hops(r->reply_ttl) != r->ttl)
			json_int(j, "back_hops", trace_back_hops(r->reply_ttl));
		maybe_int(j, "quoted_ttl", r->has_quoted_ttl, r->quoted_ttl);
		if (r->ip_id != 0)
			json_int(j, "ip_id", r->ip_id);
		if (r->tos != 0)
			json_int(j, "tos", r->tos);
		labels_write(j, r);
		json_bool(j, "late", (r->mark & TRACE_LATE) != 0);
		json_bool(j, "rewritten", (r->mark & TRACE_REWRITTEN) != 0);
		marks_write(j, r);
		trace_facts_members(j, &r->told);
		if (r->mtu != 0)
			json_int(j, "mtu", r->mtu);
	} else if ((r->mark & TRACE_LOST) != 0) {
		json_bool(j, "lost", true);
	}
	facts_write(j, r->facts);
	json_end_object(j);
}

static void head_write(struct json *j, const struct trace_doc *d)
{
	if (d->has_id)
		json_int(j, "id", (int64_t)d->id);
	trace_quoted(j, "target", d->name);
	json_addr(j, "addr", d->dst);
	json_addr(j, "src", d->src);
	json_text(j, "method", trace_method_name(d->method));
	if (d->proto != 0)
		json_text(j, "proto", d->proto == 6 ? "tcp" : "udp");
	json_int(j, "sport", d->sport);
	trace_flow_json(j, d->beside_sport, d->not_inside, d->server_hops);
	if (d->method == TRACE_ICMP)
		json_null(j, "dport");
	else
		json_int(j, "dport", d->dport);
	json_int(j, "flow_id", d->dst.family == 6 ? d->flow_label : d->sport);
	if (d->has_start)
		json_wall(j, "start", d->start);
	else
		json_null(j, "start");
	json_real(j, "duration_ms", (double)d->duration_us / 1000, 3);
	json_text(j, "stop_reason", trace_stop_name(d->stop));
	json_int(j, "probes_sent", d->probes_sent);
	json_int(j, "kernel_drops", d->kernel_drops);
	if (d->path_mtu != 0)
		json_int(j, "path_mtu", d->path_mtu);
	if (d->tos != 0)
		json_int(j, "tos", d->tos);
}

void trace_json_write(FILE *out, const struct trace_doc *d)
{
	if (d->graph.len > 0) {
		fprintf(out, "%.*s\n", (int)d->graph.len, (const char *)d->graph.at);
		return;
	}
	struct json j = json_of(out);
	json_object(&j, NULL);
	head_write(&j, d);
	json_array(&j, "hops");
	for (size_t i = 0; i < d->count;) {
		size_t n = trace_doc_hop(d, i);
		json_object(&j, NULL);
		json_int(&j, "ttl", d->replies[i].ttl);
		json_array(&j, "replies");
		for (size_t k = 0; k < n; k++)
			reply_write(&j, &d->replies[i + k]);
		json_end_array(&j);
		json_end_object(&j);
		i += n;
	}
	json_end_array(&j);
	facts_write(&j, d->facts);
	json_end_object(&j);
}
