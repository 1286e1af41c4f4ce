// SPDX-License-Identifier: Apache-2.0
//
// RIPE Atlas traceroute results, firmware 4460 and later.
#include "trace_format/atlas.h"

#include <string.h>

#include "base/macro.h"
#include "base/text.h"
#include "cli/json.h"
#include "trace_format/parts.h"

#define FIRMWARE 5080 // whose keys are written

// The letters behind `err`, and the code each means in ICMP and ICMPv6.
static const struct {
	const char *letter;
	uint32_t v4, v6;
} errors[] = {
	{ "N", ANSWER(ANSWER_ICMP, 3, 0), ANSWER(ANSWER_ICMP, 1, 0) },
	{ "H", ANSWER(ANSWER_ICMP, 3, 1), ANSWER(ANSWER_ICMP, 1, 3) },
	{ "A", ANSWER(ANSWER_ICMP, 3, 13), ANSWER(ANSWER_ICMP, 1, 1) },
	{ "P", ANSWER(ANSWER_ICMP, 3, 2), ANSWER(ANSWER_ICMP, 4, 1) },
	{ "p", ANSWER(ANSWER_ICMP, 3, 3), ANSWER(ANSWER_ICMP, 1, 4) },
	{ "h", ANSWER(ANSWER_ICMP, 3, 10), ANSWER(ANSWER_ICMP, 1, 2) },
};

static const struct {
	char letter;
	uint8_t flag;
} tcp_letters[] = { { 'F', 1 }, { 'S', 2 }, { 'R', 4 }, { 'P', 8 }, { 'A', 16 }, { 'U', 32 } };

static uint32_t expired(uint8_t family)
{
	return family == 4 ? ANSWER(ANSWER_ICMP, 11, 0) : ANSWER(ANSWER_ICMP, 3, 0);
}

// Atlas says nothing of a plain time exceeded, nor of an echo reply.
static uint32_t unsaid(const struct trace_doc *d, struct addr from)
{
	if (!addr_eq(from, d->dst))
		return expired(d->dst.family);
	if (d->method != TRACE_ICMP)
		return 0;
	return d->dst.family == 4 ? ANSWER(ANSWER_ICMP, 0, 0) : ANSWER(ANSWER_ICMP, 129, 0);
}

static uint32_t error_answer(uint8_t family, struct span letter)
{
	for (size_t i = 0; i < COUNT(errors); i++)
		if (text_is(letter, errors[i].letter))
			return family == 4 ? errors[i].v4 : errors[i].v6;
	return 0;
}

static const char *error_letter(uint8_t family, uint32_t answer)
{
	for (size_t i = 0; i < COUNT(errors); i++)
		if (answer == (family == 4 ? errors[i].v4 : errors[i].v6))
			return errors[i].letter;
	return NULL;
}

static size_t flags_text(uint8_t flags, char out[static 8])
{
	size_t n = 0;
	for (size_t i = 0; i < COUNT(tcp_letters); i++)
		if ((flags & tcp_letters[i].flag) != 0)
			out[n++] = tcp_letters[i].letter;
	return n;
}

// Whether the values say all that member T does; what they do not is kept as a fact.
static bool flags_read(struct span letters, uint32_t *answer)
{
	char again[8];
	uint8_t flags = 0;
	for (size_t i = 0; i < letters.len; i++)
		for (size_t k = 0; k < COUNT(tcp_letters); k++)
			if (letters.at[i] == (uint8_t)tcp_letters[k].letter)
				flags |= tcp_letters[k].flag;
	*answer = ANSWER(ANSWER_TCP, 0, flags);
	return span_eq(span_of(again, flags_text(flags, again)), letters);
}

static bool member(const struct trace_doc *d, const struct tree *reply, const struct tree *t,
		   struct trace_doc_reply *out)
{
	uint64_t n;
	if (text_is(t->key, "x"))
		return text_is(t->raw, "\"*\"");
	if (text_is(t->key, "from"))
		return tree_addr(reply, "from", &out->from);
	if (text_is(t->key, "rtt")) {
		out->has_rtt = tree_milli(reply, "rtt", &n) && n <= UINT32_MAX;
		out->rtt_us = out->has_rtt ? (uint32_t)n : 0;
		return out->has_rtt;
	}
	if (text_is(t->key, "ttl")) {
		out->has_reply_ttl = tree_u64(reply, "ttl", 255, &n);
		out->reply_ttl = out->has_reply_ttl ? (uint8_t)n : 0;
		return out->has_reply_ttl;
	}
	if (text_is(t->key, "ittl") && tree_u64(reply, "ittl", 255, &n)) {
		out->has_quoted_ttl = true;
		out->quoted_ttl = (uint8_t)n;
		return n != 1;
	}
	if (text_is(t->key, "err")) {
		out->answer = error_answer(d->dst.family, tree_text(reply, "err"));
		return out->answer != 0;
	}
	if (text_is(t->key, "flags"))
		return flags_read(tree_text(reply, "flags"), &out->answer);
	if (text_is(t->key, "late"))
		out->mark |= TRACE_LATE;
	return false;
}

static enum err labels(struct arena *a, const struct tree *reply, struct trace_doc_reply *out)
{
	const struct tree *objects = tree_find(tree_find(reply, "icmpext"), "obj");
	for (const struct tree *o = objects == NULL ? NULL : objects->child; o; o = o->next) {
		const struct tree *mpls = tree_find(o, "mpls");
		for (const struct tree *m = mpls == NULL ? NULL : mpls->child; m; m = m->next) {
			uint64_t label = 0, exp = 0, bottom = 0, ttl = 0;
			if (!tree_u64(m, "label", 0xfffff, &label))
				continue;
			(void)tree_u64(m, "exp", 7, &exp);
			(void)tree_u64(m, "s", 1, &bottom);
			(void)tree_u64(m, "ttl", 255, &ttl);
			uint32_t word = (uint32_t)(label << 12 | exp << 9 | bottom << 8 | ttl);
			if (trace_label_put(a, out, word) != ERR_OK)
				return ERR_MEMORY;
		}
	}
	return ERR_OK;
}

static enum err reply_read(struct arena *a, const struct trace_doc *d, const struct tree *t,
			   struct trace_doc_reply *out)
{
	struct trace_facts *facts = &out->facts[TRACE_TONGUE_ATLAS];
	for (const struct tree *m = t->child; m != NULL; m = m->next)
		if (!member(d, t, m, out) && trace_fact_put(a, facts, m->key, m->raw) != ERR_OK)
			return ERR_MEMORY;
	if (out->from.family != 0 && out->answer == 0 && tree_find(t, "err") == NULL)
		out->answer = unsaid(d, out->from);
	if (out->answer >> 16 == ANSWER_ICMP && !out->has_quoted_ttl &&
	    out->answer == expired(d->dst.family)) {
		out->has_quoted_ttl = true;
		out->quoted_ttl = 1;
	}
	return labels(a, t, out);
}

static enum err hop_read(struct arena *a, const struct tree *hop, struct trace_doc *d)
{
	uint64_t ttl = 0; // a name that did not resolve is an error of no hop
	const struct tree *result = tree_find(hop, "result");
	if (!tree_u64(hop, "hop", 255, &ttl) && result != NULL)
		return ERR_FORMAT;
	for (const struct tree *t = result == NULL ? NULL : result->child; t; t = t->next) {
		struct trace_doc_reply *r;
		enum err err = trace_reply_put(a, d, &r);
		if (err != ERR_OK)
			return err;
		r->ttl = (uint8_t)ttl;
		if (t->kind != TREE_OBJECT)
			return ERR_FORMAT;
		err = reply_read(a, d, t, r);
		if (err != ERR_OK)
			return err;
	}
	if (result != NULL)
		return ERR_OK;
	// A hop that has only an error to tell is an answer that never came, with that fact.
	struct trace_doc_reply *r;
	enum err err = trace_reply_put(a, d, &r);
	if (err != ERR_OK)
		return err;
	struct trace_facts *facts = &r->facts[TRACE_TONGUE_ATLAS];
	r->ttl = (uint8_t)ttl;
	for (const struct tree *m = hop->child; m != NULL; m = m->next)
		if (!text_is(m->key, "hop") && trace_fact_put(a, facts, m->key, m->raw) != ERR_OK)
			return ERR_MEMORY;
	return ERR_OK;
}

static enum trace_method method_of(struct span proto)
{
	if (text_is(proto, "ICMP"))
		return TRACE_ICMP;
	if (text_is(proto, "UDP"))
		return TRACE_UDP;
	return text_is(proto, "TCP") ? TRACE_TCP_SYN : TRACE_METHOD_UNKNOWN;
}

static const char *proto_of(enum trace_method m)
{
	if (m == TRACE_ICMP)
		return "ICMP";
	return m == TRACE_UDP || m == TRACE_QUIC || m == TRACE_FLOW ? "UDP" : "TCP";
}

static void times_read(const struct tree *t, struct trace_doc *d)
{
	uint64_t begin = 0, end = 0;
	d->has_start = tree_u64(t, "timestamp", UINT32_MAX, &begin) && begin != 0;
	d->start.ns = (int64_t)begin * NS_PER_S;
	if (tree_u64(t, "endtime", UINT32_MAX, &end) && end >= begin && end - begin < 4294)
		d->duration_us = (uint32_t)((end - begin) * 1000000);
}

// What the values do not carry: by key. KNOWN: the address is.
static bool is_said(const struct trace_doc *d, const struct tree *t, bool known)
{
	static const char *const said[] = { "type", "result", "dst_name" };
	for (size_t i = 0; i < COUNT(said); i++)
		if (text_is(t->key, said[i]))
			return true;
	if (text_is(t->key, "dst_addr") || text_is(t->key, "af"))
		return known;
	if (text_is(t->key, "src_addr"))
		return d->src.family != 0;
	if (text_is(t->key, "proto"))
		return d->method != TRACE_METHOD_UNKNOWN;
	return text_is(t->key, "timestamp") && d->has_start;
}

enum err atlas_read(struct arena *a, const struct tree *t, struct trace_doc *d)
{
	uint64_t family = 4;
	const struct tree *result = tree_find(t, "result");
	if (result == NULL || result->kind != TREE_ARRAY)
		return ERR_MISSING;
	*d = (struct trace_doc){ .name = tree_text(t, "dst_name"), .first_ttl = 1 };
	(void)tree_u64(t, "af", 6, &family);
	bool known = tree_addr(t, "dst_addr", &d->dst);
	if (!known)
		d->dst.family = (uint8_t)family; // a name that did not resolve: no address
	(void)tree_addr(t, "src_addr", &d->src);
	d->method = method_of(tree_text(t, "proto"));
	times_read(t, d);
	for (const struct tree *m = t->child; m != NULL; m = m->next)
		if (!is_said(d, m, known) &&
		    trace_fact_put(a, &d->facts[TRACE_TONGUE_ATLAS], m->key, m->raw) != ERR_OK)
			return ERR_MEMORY;
	for (const struct tree *hop = result->child; hop != NULL; hop = hop->next) {
		enum err err = hop_read(a, hop, d);
		if (err != ERR_OK)
			return err;
	}
	if (!known)
		d->dst = (struct addr){ 0 };
	trace_doc_settle(d);
	return ERR_OK;
}

static void write_labels(struct json *j, const struct trace_doc_reply *r)
{
	json_object(j, "icmpext");
	json_int(j, "version", 2);
	json_int(j, "rfc4884", 1);
	json_array(j, "obj");
	json_object(j, NULL);
	json_int(j, "class", 1);
	json_int(j, "type", 1);
	json_array(j, "mpls");
	for (size_t i = 0; i < r->label_count; i++) {
		json_object(j, NULL);
		json_int(j, "exp", r->labels[i] >> 9 & 7);
		json_int(j, "label", r->labels[i] >> 12);
		json_int(j, "s", r->labels[i] >> 8 & 1);
		json_int(j, "ttl", r->labels[i] & 0xff);
		json_end_object(j);
	}
	json_end_array(j);
	json_end_object(j);
	json_end_array(j);
	json_end_object(j);
}

static void write_answer(struct json *j, const struct trace_doc *d, const struct trace_doc_reply *r,
			 const struct trace_facts *facts)
{
	char flags[8];
	const char *letter = error_letter(d->dst.family, r->answer);
	unsigned type = r->answer >> 8 & 0xff;
	if (r->answer >> 16 == ANSWER_TCP && trace_fact_find(facts, "flags") == NULL)
		json_span(j, "flags", span_of(flags, flags_text((uint8_t)r->answer, flags)));
	if (trace_fact_find(facts, "err") != NULL || r->answer >> 16 != ANSWER_ICMP)
		return;
	if (letter != NULL)
		json_text(j, "err", letter);
	else if (type == (d->dst.family == 4 ? 3u : 1u))
		json_int(j, "err", r->answer & 0xff);
}

static void write_reply(struct json *j, const struct trace_doc *d, const struct trace_doc_reply *r)
{
	const struct trace_facts *facts = &r->facts[TRACE_TONGUE_ATLAS];
	json_object(j, NULL);
	if (r->from.family == 0 && trace_fact_find(facts, "from") == NULL &&
	    trace_fact_find(facts, "x") == NULL && !r->has_rtt && facts->first == NULL)
		json_text(j, "x", "*");
	if (r->from.family != 0)
		json_addr(j, "from", r->from);
	if (r->from.family != 0 || facts->first != NULL)
		write_answer(j, d, r, facts);
	if (r->has_rtt)
		trace_milli_write(j, "rtt", r->rtt_us);
	if (r->has_reply_ttl)
		json_int(j, "ttl", r->reply_ttl);
	if (r->has_quoted_ttl && r->quoted_ttl != 1 && trace_fact_find(facts, "ittl") == NULL)
		json_int(j, "ittl", r->quoted_ttl);
	if ((r->mark & TRACE_LATE) != 0 && trace_fact_find(facts, "late") == NULL)
		json_int(j, "late", 1);
	if (r->label_count > 0 && trace_fact_find(facts, "icmpext") == NULL)
		write_labels(j, r);
	trace_facts_members(j, facts);
	json_end_object(j);
}

static void write_hops(struct json *j, const struct trace_doc *d)
{
	json_array(j, "result");
	for (size_t i = 0; i < d->count;) {
		size_t n = trace_doc_hop(d, i);
		const struct trace_facts *facts = &d->replies[i].facts[TRACE_TONGUE_ATLAS];
		json_object(j, NULL);
		if (d->replies[i].ttl != 0)
			json_int(j, "hop", d->replies[i].ttl);
		if (n == 1 && trace_fact_find(facts, "error") != NULL) {
			trace_facts_members(j, facts);
		} else {
			json_array(j, "result");
			for (size_t k = 0; k < n; k++)
				write_reply(j, d, &d->replies[i + k]);
			json_end_array(j);
		}
		json_end_object(j);
		i += n;
	}
	json_end_array(j);
}

// What every reader of Atlas results asks for, where the trace does not come from there.
static void write_usual(struct json *j, const struct trace_doc *d)
{
	const int64_t begin = d->start.ns / NS_PER_S;
	const struct trace_facts *facts = &d->facts[TRACE_TONGUE_ATLAS];
	if (facts->first != NULL)
		return;
	json_int(j, "fw", FIRMWARE);
	json_int(j, "lts", -1);
	json_int(j, "msm_id", 0);
	json_int(j, "prb_id", 0);
	json_int(j, "paris_id", 0);
	json_int(j, "size", 0);
	json_int(j, "endtime", begin + (d->duration_us + 999999) / 1000000);
	if (d->src.family != 0)
		json_addr(j, "from", d->src);
}

void atlas_write(FILE *out, const struct trace_doc *d)
{
	const struct trace_facts *facts = &d->facts[TRACE_TONGUE_ATLAS];
	struct json j = json_of(out);
	json_object(&j, NULL);
	json_text(&j, "type", "traceroute");
	if (trace_fact_find(facts, "af") == NULL)
		json_int(&j, "af", d->dst.family != 0 ? d->dst.family : 4);
	trace_quoted(&j, "dst_name", d->name);
	if (d->dst.family != 0)
		json_addr(&j, "dst_addr", d->dst);
	if (d->src.family != 0)
		json_addr(&j, "src_addr", d->src);
	if (trace_fact_find(facts, "proto") == NULL)
		json_text(&j, "proto", proto_of(d->method));
	if (trace_fact_find(facts, "timestamp") == NULL)
		json_int(&j, "timestamp", d->start.ns / NS_PER_S);
	write_usual(&j, d);
	trace_facts_members(&j, facts);
	write_hops(&j, d);
	json_end_object(&j);
}
