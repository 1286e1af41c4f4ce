// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "base/macro.h"
#include "base/text.h"
#include "trace_format/format.h"
#include "trace_format/parts.h"
#include "trace_format/warts.h"

const uint8_t warts_trace_len[WARTS_TRACE_KNOWN + 1] = {
	0,
	4,
	4,
	4,
	4,
	8,
	1,
	1,
	1,
	1,
	1,
	1,
	2, // 1 to 12
	2,
	2,
	1,
	1,
	1,
	1,
	2,
	1,
	1,
	1,
	2,
	1,
	1, // 13 to 25
	WARTS_AN_ADDR,
	WARTS_AN_ADDR,
	4,
	2,
	WARTS_LONE_ADDR, // 26 to 30
	1,
};
const uint8_t warts_hop_len[WARTS_HOP_KNOWN + 1] = {
	0,
	4,
	1,
	1,
	1,
	1,
	4,
	2,
	2,
	2,
	2,
	1,
	2, // 1 to 12
	2,
	1,
	1,
	1,
	WARTS_COUNTED,
	WARTS_AN_ADDR,
	8,
};
const struct warts_pair warts_types[4] = {
	{ 4, TRACE_ICMP }, { 5, TRACE_UDP }, { 3, TRACE_TCP_SYN }, { 6, TRACE_TCP_ACK }
};
const struct warts_pair warts_stops[7] = {
	{ 1, TRACE_REACHED }, { 2, TRACE_UNREACHABLE }, { 4, TRACE_LOOP },    { 5, TRACE_GAP },
	{ 7, TRACE_MAX_TTL }, { 9, TRACE_DEADLINE },    { 6, TRACE_REFUSED },
};

// What has no word of its own is kept as hex under its number; `rest` holds what has no length.
static enum err keep(struct warts_reader *w, struct trace_facts *facts, const char *key,
		     struct span s)
{
	char *name = arena_text(w->arena, span_text(key));
	char *text = arena_take(w->arena, 2 * s.len + 3);
	if (name == NULL || text == NULL)
		return ERR_MEMORY;
	text_hex(s, text + 1);
	text[0] = text[2 * s.len + 1] = '"';
	return trace_fact_put(w->arena, facts, span_text(name), span_of(text, 2 * s.len + 2));
}

static enum err keep_param(struct warts_reader *w, struct trace_facts *facts, unsigned param,
			   struct span s)
{
	char key[8];
	snprintf(key, sizeof(key), "%u", param);
	return keep(w, facts, key, s);
}

static bool paired(const struct warts_pair *pairs, size_t count, uint64_t v, uint8_t *ours)
{
	for (size_t i = 0; i < count; i++)
		if (pairs[i].warts == v) {
			*ours = pairs[i].ours;
			return true;
		}
	return false;
}

// Whether the values say all that the param does.
static bool trace_param(struct trace_doc *d, unsigned param, struct span s, struct addr a)
{
	uint64_t v = warts_number(s);
	uint8_t ours;
	switch (param) {
	case WARTS_LIST:
	case WARTS_CYCLE:
		return true; // numbers of other records of that file
	case WARTS_START:
		d->has_start = true;
		d->start.ns = (int64_t)(v >> 32) * NS_PER_S + (int64_t)(v & 0xffffffff) * NS_PER_US;
		return (v & 0xffffffff) < 1000000;
	case WARTS_STOP:
		if (!paired(warts_stops, COUNT(warts_stops), v, &ours))
			return false;
		d->stop = (enum trace_stop)ours;
		return true;
	case WARTS_TYPE:
		if (paired(warts_types, COUNT(warts_types), v, &ours))
			d->method = (enum trace_method)ours;
		else if (v == 1 || v == 2)
			d->method = v == 1 ? TRACE_ICMP : TRACE_UDP;
		return d->method != TRACE_METHOD_UNKNOWN && v > 2;
	case WARTS_SPORT:
		d->sport = (uint16_t)v;
		return v != 0;
	case WARTS_DPORT:
		d->dport = (uint16_t)v;
		return v != 0;
	case WARTS_PROBES:
		d->probes_sent = (uint32_t)v;
		return v != 0;
	case WARTS_SRC:
		d->src = a;
		return true;
	case WARTS_DST:
		d->dst = a;
		return true;
	default:
		return param == WARTS_ROUTER;
	}
}

static bool hop_param(struct trace_doc_reply *r, unsigned param, struct span s, struct addr a)
{
	uint64_t v = warts_number(s);
	switch (param) {
	case WARTS_HOP_TTL:
		r->ttl = (uint8_t)v;
		return true;
	case WARTS_HOP_REPLY_TTL:
		r->has_reply_ttl = true;
		r->reply_ttl = (uint8_t)v;
		return true;
	case WARTS_HOP_RTT:
		r->has_rtt = true;
		r->rtt_us = (uint32_t)v;
		return true;
	case WARTS_HOP_ICMP:
		r->answer = ANSWER(ANSWER_ICMP, v >> 8 & 0xff, v & 0xff);
		return true;
	case WARTS_HOP_QUOTED_TTL:
		r->has_quoted_ttl = true;
		r->quoted_ttl = (uint8_t)v;
		return true;
	case WARTS_HOP_TCP:
		r->answer = ANSWER(ANSWER_TCP, 0, v);
		return true;
	case WARTS_HOP_ADDR:
		r->from = a;
		return true;
	default:
		return false;
	}
}

static enum err rest_keep(struct warts_reader *w, const struct warts_params *p, unsigned known,
			  struct trace_facts *facts)
{
	char key[32];
	if (p->there >> (known + 1) == 0)
		return ERR_OK;
	snprintf(key, sizeof(key), "bits_%llx", (unsigned long long)p->there >> (known + 1));
	return keep(w, facts, key, rd_rest(&p->in));
}

static enum err head_read(struct warts_reader *w, struct trace_doc *d)
{
	struct warts_params p = warts_params_read(&w->in);
	for (unsigned i = 1; i <= WARTS_TRACE_KNOWN && p.in.err == ERR_OK; i++) {
		struct addr a = { 0 };
		if ((p.there >> i & 1) == 0)
			continue;
		if (i == WARTS_SRC_GID || i == WARTS_DST_GID)
			return ERR_UNSUPPORTED;
		struct span s = warts_value_take(w, &p.in, warts_trace_len[i], &a);
		if (p.in.err == ERR_OK && !trace_param(d, i, s, a) &&
		    keep_param(w, &d->facts[TRACE_TONGUE_WARTS], i, s) != ERR_OK)
			return ERR_MEMORY;
	}
	if (w->in.err != ERR_OK || p.in.err != ERR_OK)
		return ERR_FORMAT;
	return rest_keep(w, &p, WARTS_TRACE_KNOWN, &d->facts[TRACE_TONGUE_WARTS]);
}

static enum err hop_read(struct warts_reader *w, struct trace_doc_reply *r)
{
	struct warts_params p = warts_params_read(&w->in);
	struct trace_facts *facts = &r->facts[TRACE_TONGUE_WARTS];
	for (unsigned i = 1; i <= WARTS_HOP_KNOWN && p.in.err == ERR_OK; i++) {
		struct addr a = { 0 };
		if ((p.there >> i & 1) == 0)
			continue;
		if (i == WARTS_HOP_GID)
			return ERR_UNSUPPORTED;
		struct span s = warts_value_take(w, &p.in, warts_hop_len[i], &a);
		if (p.in.err != ERR_OK)
			break;
		if (i == WARTS_HOP_EXTENSIONS && warts_labels_read(w->arena, s, r) != ERR_OK)
			return ERR_MEMORY;
		if (!hop_param(r, i, s, a) && keep_param(w, facts, i, s) != ERR_OK)
			return ERR_MEMORY;
	}
	if (w->in.err != ERR_OK || p.in.err != ERR_OK)
		return ERR_FORMAT;
	if (trace_answer_quotes(r->from.family, r->answer) && !r->has_quoted_ttl) {
		r->has_quoted_ttl = true;
		r->quoted_ttl = 1;
	}
	return rest_keep(w, &p, WARTS_HOP_KNOWN, facts);
}

static enum err hops_read(struct warts_reader *w, struct trace_doc *d)
{
	uint16_t count = rd_u16(&w->in);
	if (count > TRACE_DOC_REPLIES)
		return ERR_RANGE;
	for (uint16_t i = 0; i < count; i++) {
		struct trace_doc_reply *r;
		enum err err = trace_reply_put(w->arena, d, &r);
		if (err == ERR_OK)
			err = hop_read(w, r);
		if (err != ERR_OK)
			return err;
	}
	struct span rest = rd_rest(&w->in);
	bool plain = rest.len == 2 && warts_number(rest) == 0;
	if (w->in.err != ERR_OK)
		return ERR_FORMAT;
	return plain ? ERR_OK : keep(w, &d->facts[TRACE_TONGUE_WARTS], "rest", rest);
}

static enum err name_it(struct warts_reader *w, struct trace_doc *d)
{
	char text[ADDR_TEXT];
	addr_write(d->dst, text);
	char *name = arena_text(w->arena, span_text(text));
	if (name == NULL)
		return ERR_MEMORY;
	d->name = span_text(name);
	return ERR_OK;
}

enum err warts_read(struct arena *a, struct span body, struct trace_doc *d)
{
	struct warts_reader w;
	enum err err = warts_reader_init(&w, a, body);
	*d = (struct trace_doc){ 0 };
	if (err == ERR_OK)
		err = head_read(&w, d);
	if (err == ERR_OK)
		err = hops_read(&w, d);
	if (err == ERR_OK)
		err = trace_doc_sort(a, d);
	if (err == ERR_OK)
		err = name_it(&w, d);
	// Its presence tells the writer to add nothing.
	if (err == ERR_OK)
		err = keep(&w, &d->facts[TRACE_TONGUE_WARTS], "from", span_of("", 0));
	d->first_ttl = d->count > 0 ? d->replies[0].ttl : 1;
	return err;
}
