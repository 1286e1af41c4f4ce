// SPDX-License-Identifier: Apache-2.0
#include "trace_format/doc.h"

#include <string.h>

#include "base/text.h"

enum err trace_fact_put(struct arena *a, struct trace_facts *f, struct span key, struct span value)
{
	struct trace_fact *fact = arena_take(a, sizeof(*fact));
	if (fact == NULL)
		return ERR_MEMORY;
	fact->key = key;
	fact->value = value;
	if (f->last == NULL)
		f->first = fact;
	else
		f->last->next = fact;
	f->last = fact;
	return ERR_OK;
}

const struct trace_fact *trace_fact_find(const struct trace_facts *f, const char *key)
{
	for (const struct trace_fact *i = f->first; i != NULL; i = i->next)
		if (text_is(i->key, key))
			return i;
	return NULL;
}

size_t trace_doc_hop(const struct trace_doc *d, size_t reply)
{
	size_t n = 1;
	while (reply + n < d->count && d->replies[reply + n].ttl == d->replies[reply].ttl)
		n++;
	return n;
}

static enum err labels_of(struct arena *a, const struct trace_record *r, size_t probe,
			  struct trace_doc_reply *out)
{
	size_t n = 0;
	for (size_t i = 0; i < r->mpls_count; i++)
		n += r->mpls_probe[i] == probe;
	if (n == 0)
		return ERR_OK;
	out->labels = arena_take(a, n * sizeof(*out->labels));
	if (out->labels == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < r->mpls_count; i++)
		if (r->mpls_probe[i] == probe)
			out->labels[out->label_count++] = r->mpls_label[i];
	return ERR_OK;
}

static void reply_of(const struct trace_record *r, size_t i, struct trace_doc_reply *out)
{
	size_t len = addr_bits(r->dst) / 8u;
	out->mark = r->mark.len > 0 ? r->mark.at[i] : 0;
	if (r->ref.at[i] == 0)
		return;
	out->from = addr_of(span_cut(r->addrs, (r->ref.at[i] - 1u) * len, len));
	out->has_rtt = out->has_reply_ttl = true;
	out->rtt_us = r->rtt_us[i];
	out->reply_ttl = r->reply_ttl.at[i];
	out->answer = r->answer.at[i] == 0 ? 0 : r->answers[r->answer.at[i] - 1];
	out->has_quoted_ttl = trace_answer_quotes(r->dst.family, out->answer);
	if (out->has_quoted_ttl)
		out->quoted_ttl = r->quoted_ttl.len > 0 ? r->quoted_ttl.at[i] : 1;
	if (r->reply_id.len > 0)
		out->ip_id = (uint16_t)(r->reply_id.at[2 * i] << 8 | r->reply_id.at[2 * i + 1]);
	out->tos = r->reply_tos.len > 0 ? r->reply_tos.at[i] : 0;
	for (size_t b = 0; b < r->borrowed_count; b++)
		if (r->borrowed_probe[b] == i) {
			out->borrowed_from = r->borrowed_from[b];
			out->borrowed_age_ms = r->borrowed_age_ms[b];
		}
}

static void mtus_of(const struct trace_record *r, struct trace_doc *out)
{
	struct span rest = r->extra;
	struct trace_extra e;
	while (trace_extra_next(&rest, &e))
		if (e.kind == TRACE_TOLD_MTU && e.probe < out->count)
			out->replies[e.probe].mtu = trace_extra_number(e.data);
}

enum err trace_doc_of(struct arena *a, const struct trace_record *r, const char *name,
		      struct trace_doc *out)
{
	*out = (struct trace_doc){
		.name = span_text(name),
		.src = r->src,
		.dst = r->dst,
		.method = r->method,
		.sport = r->sport,
		.dport = r->dport,
		.flow_label = r->flow_label,
		.proto = r->proto,
		.beside_sport = trace_beside_sport(r),
		.not_inside = trace_not_inside(r),
		.server_hops = trace_server_hops(r),
		.has_start = true,
		.start = r->start,
		.duration_us = r->duration_us,
		.stop = r->stop,
		.probes_sent = r->probes_sent,
		.kernel_drops = r->kernel_drops,
		.path_mtu = trace_path_mtu(r),
		.tos = trace_probe_tos(r),
		.first_ttl = r->first_ttl,
		.count = r->probes,
	};
	out->replies = arena_take(a, (r->probes + 1) * sizeof(*out->replies));
	if (out->replies == NULL)
		return ERR_MEMORY;
	size_t probe = 0;
	for (size_t hop = 0; hop < r->tries.len; hop++)
		for (size_t k = 0; k < r->tries.at[hop]; k++, probe++) {
			out->replies[probe].ttl = (uint8_t)(r->first_ttl + hop);
			reply_of(r, probe, &out->replies[probe]);
			if (labels_of(a, r, probe, &out->replies[probe]) != ERR_OK)
				return ERR_MEMORY;
		}
	mtus_of(r, out);
	return ERR_OK;
}
