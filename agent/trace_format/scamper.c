// SPDX-License-Identifier: Apache-2.0
#include "trace_format/scamper.h"

#include "base/macro.h"
#include "base/text.h"
#include "trace_format/parts.h"

static const struct {
	const char *word;
	enum trace_stop stop;
} stops[] = {
	{ "COMPLETED", TRACE_REACHED }, { "UNREACH", TRACE_UNREACHABLE }, { "GAPLIMIT", TRACE_GAP },
	{ "LOOP", TRACE_LOOP },         { "HOPLIMIT", TRACE_MAX_TTL },
};

// By the beginning of scamper's word, the first that fits.
static const struct {
	const char *begin;
	enum trace_method method;
} methods[] = {
	{ "icmp", TRACE_ICMP },
	{ "udp", TRACE_UDP },
	{ "tcp-ack", TRACE_TCP_ACK },
	{ "tcp", TRACE_TCP_SYN },
};

static bool begins(struct span s, const char *word)
{
	struct span w = span_text(word);
	return s.len >= w.len && span_eq(span_cut(s, 0, w.len), w);
}

static const struct tree *first_of(const struct tree *t, const char *key)
{
	const struct tree *list = tree_find(t, key);
	return list == NULL ? NULL : list->child;
}

// All members but the one that is read into values.
static enum err keep(struct arena *a, const struct tree *t, const char *but,
		     struct trace_facts *facts)
{
	for (const struct tree *m = t->child; m != NULL; m = m->next)
		if (!text_is(m->key, but) && trace_fact_put(a, facts, m->key, m->raw) != ERR_OK)
			return ERR_MEMORY;
	return ERR_OK;
}

static enum err labels(struct arena *a, const struct tree *t, struct trace_doc_reply *out)
{
	for (const struct tree *o = first_of(t, "icmpext"); o != NULL; o = o->next)
		for (const struct tree *m = first_of(o, "mpls_labels"); m != NULL; m = m->next) {
			uint64_t label = 0, exp = 0, bottom = 0, ttl = 0;
			if (!tree_u64(m, "mpls_label", 0xfffff, &label))
				continue;
			(void)tree_u64(m, "mpls_exp", 7, &exp);
			(void)tree_u64(m, "mpls_s", 1, &bottom);
			(void)tree_u64(m, "mpls_ttl", 255, &ttl);
			uint32_t word = (uint32_t)(label << 12 | exp << 9 | bottom << 8 | ttl);
			if (trace_label_put(a, out, word) != ERR_OK)
				return ERR_MEMORY;
		}
	return ERR_OK;
}

// What a hop of a trace and a reply of a graph both say; the TTL it came with has two names.
static enum err answer(struct arena *a, const struct tree *t, const char *ttl_key,
		       struct trace_doc_reply *out)
{
	uint64_t n, code;
	out->has_rtt = tree_milli(t, "rtt", &n) && n <= UINT32_MAX;
	out->rtt_us = out->has_rtt ? (uint32_t)n : 0;
	out->has_reply_ttl = tree_u64(t, ttl_key, 255, &n);
	out->reply_ttl = out->has_reply_ttl ? (uint8_t)n : 0;
	out->has_quoted_ttl = tree_u64(t, "icmp_q_ttl", 255, &n);
	out->quoted_ttl = out->has_quoted_ttl ? (uint8_t)n : 0;
	if (tree_u64(t, "icmp_type", 255, &n) && tree_u64(t, "icmp_code", 255, &code))
		out->answer = ANSWER(ANSWER_ICMP, n, code);
	else if (tree_u64(t, "tcp_flags", 255, &n))
		out->answer = ANSWER(ANSWER_TCP, 0, n);
	return labels(a, t, out);
}

static enum err one_more(struct arena *a, struct trace_doc *d, uint64_t ttl,
			 struct trace_doc_reply **out)
{
	enum err err = trace_reply_put(a, d, out);
	if (err == ERR_OK)
		(*out)->ttl = (uint8_t)ttl;
	return err;
}

static enum err hops(struct arena *a, const struct tree *t, struct trace_doc *d)
{
	for (const struct tree *h = first_of(t, "hops"); h != NULL; h = h->next) {
		uint64_t ttl;
		if (!tree_u64(h, "probe_ttl", 255, &ttl))
			return ERR_FORMAT;
		struct trace_doc_reply *r;
		enum err err = one_more(a, d, ttl, &r);
		if (err != ERR_OK)
			return err;
		// Who made data public may have taken the address out.
		bool known = tree_addr(h, "addr", &r->from);
		if (answer(a, h, "reply_ttl", r) != ERR_OK ||
		    keep(a, h, known ? "addr" : "", &r->facts[TRACE_TONGUE_TOOL]) != ERR_OK)
			return ERR_MEMORY;
	}
	return ERR_OK;
}

static enum err probe(struct arena *a, const struct tree *way, const struct tree *p,
		      struct trace_doc *d)
{
	uint64_t ttl;
	const struct tree *reply = first_of(p, "replies");
	if (!tree_u64(p, "ttl", 255, &ttl))
		return ERR_FORMAT;
	do {
		struct trace_doc_reply *r;
		enum err err = one_more(a, d, ttl, &r);
		if (err != ERR_OK)
			return err;
		if (keep(a, p, "replies", &r->facts[TRACE_TONGUE_TOOL]) != ERR_OK)
			return ERR_MEMORY;
		if (reply == NULL)
			return ERR_OK;
		if (!tree_addr(reply, "from", &r->from))
			(void)tree_addr(way, "addr", &r->from);
		if (answer(a, reply, "ttl", r) != ERR_OK)
			return ERR_MEMORY;
		reply = reply->next;
	} while (reply != NULL);
	return ERR_OK;
}

// The first node has no probe of its own in the list.
static enum err first_node(struct arena *a, const struct tree *t, struct trace_doc *d)
{
	uint64_t first = 1;
	const struct tree *node = first_of(t, "nodes");
	if (node == NULL)
		return ERR_OK;
	(void)tree_u64(t, "firsthop", 255, &first);
	struct trace_doc_reply *r;
	enum err err = one_more(a, d, first, &r);
	if (err != ERR_OK)
		return err;
	(void)tree_addr(node, "addr", &r->from);
	return ERR_OK;
}

static enum err nodes(struct arena *a, const struct tree *t, struct trace_doc *d)
{
	enum err err = first_node(a, t, d);
	for (const struct tree *n = first_of(t, "nodes"); n != NULL; n = n->next)
		for (const struct tree *link = first_of(n, "links"); link != NULL;
		     link = link->next)
			for (const struct tree *way = link->child; way != NULL; way = way->next)
				for (const struct tree *p = first_of(way, "probes");
				     p != NULL && err == ERR_OK; p = p->next)
					err = probe(a, way, p, d);
	return err;
}

static void head(const struct tree *t, struct trace_doc *d)
{
	uint64_t n, sec = 0, usec = 0;
	const struct tree *start = tree_find(t, "start");
	(void)tree_addr(t, "src", &d->src);
	(void)tree_addr(t, "dst", &d->dst);
	d->sport = tree_u64(t, "sport", 65535, &n) ? (uint16_t)n : 0;
	d->dport = tree_u64(t, "dport", 65535, &n) ? (uint16_t)n : 0;
	d->has_start = start != NULL && tree_u64(start, "sec", UINT32_MAX, &sec) &&
		       tree_u64(start, "usec", 999999, &usec);
	d->start.ns = d->has_start ? (int64_t)(sec * 1000000 + usec) * 1000 : 0;
	if (tree_u64(t, "probe_count", UINT32_MAX, &n) || tree_u64(t, "probec", UINT32_MAX, &n))
		d->probes_sent = (uint32_t)n;
	for (size_t i = 0; d->method == TRACE_METHOD_UNKNOWN && i < COUNT(methods); i++)
		if (begins(tree_text(t, "method"), methods[i].begin))
			d->method = methods[i].method;
	for (size_t i = 0; i < COUNT(stops); i++)
		if (text_is(tree_text(t, "stop_reason"), stops[i].word))
			d->stop = stops[i].stop;
}

enum err scamper_read(struct arena *a, const struct tree *t, struct trace_doc *d)
{
	struct span type = tree_text(t, "type");
	bool graph = text_is(type, "tracelb");
	if ((!graph && !text_is(type, "trace")) || tree_find(t, "version") == NULL)
		return ERR_MISSING;
	*d = (struct trace_doc){ .name = tree_text(t, "dst") };
	head(t, d);
	enum err err = graph ? nodes(a, t, d) : hops(a, t, d);
	// A graph is kept whole besides: which probe found which link.
	if (err == ERR_OK)
		err = keep(a, t, graph ? "" : "hops", &d->facts[TRACE_TONGUE_TOOL]);
	if (err == ERR_OK)
		err = trace_doc_sort(a, d);
	if (err == ERR_OK)
		trace_doc_settle(d);
	return err;
}

bool scamper_is_aside(const struct tree *t)
{
	struct span type = tree_text(t, "type");
	return begins(type, "cycle-") || text_is(type, "list") || text_is(type, "ping") ||
	       (tree_find(t, "UUID") != NULL && tree_find(t, "TracerouteCallerVersion") != NULL);
}

// A hub's host is an address or a name; its time is the mean over its probes.
static enum err hub(struct arena *a, const struct tree *t, struct trace_doc *d)
{
	uint64_t ttl, n;
	// Older versions write the number as text.
	if (!tree_u64(t, "count", 255, &ttl) && text_u64(tree_text(t, "count"), 0, 255, &ttl) != 0)
		return ERR_FORMAT;
	struct trace_doc_reply *r;
	enum err err = one_more(a, d, ttl, &r);
	if (err != ERR_OK)
		return err;
	(void)tree_addr(t, "host", &r->from);
	r->has_rtt = !text_is(tree_text(t, "host"), "???") && tree_milli(t, "Avg", &n) &&
		     n <= UINT32_MAX;
	r->rtt_us = r->has_rtt ? (uint32_t)n : 0;
	return keep(a, t, "", &r->facts[TRACE_TONGUE_TOOL]);
}

enum err mtr_read(struct arena *a, const struct tree *t, struct trace_doc *d)
{
	const struct tree *report = tree_find(t, "report"), *hubs;
	const struct tree *mtr = report == NULL ? NULL : tree_find(report, "mtr");
	if (mtr == NULL || (hubs = tree_find(report, "hubs")) == NULL)
		return ERR_MISSING;
	*d = (struct trace_doc){ .name = tree_text(mtr, "dst") };
	(void)tree_addr(mtr, "dst", &d->dst);
	(void)tree_addr(mtr, "src", &d->src);
	enum err err = ERR_OK;
	for (const struct tree *h = hubs->child; h != NULL && err == ERR_OK; h = h->next)
		err = hub(a, h, d);
	if (err == ERR_OK)
		err = trace_fact_put(a, &d->facts[TRACE_TONGUE_TOOL], mtr->key, mtr->raw);
	if (err == ERR_OK)
		err = trace_doc_sort(a, d);
	if (err == ERR_OK)
		trace_doc_settle(d);
	return err;
}
