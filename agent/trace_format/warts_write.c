// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "base/text.h"
#include "base/wr.h"
#include "trace_format/format.h"
#include "trace_format/warts.h"

#define VALUES_MAX 65535 // bytes of one list of params: its length has 16 bits

struct params {
	uint64_t there;
	struct wr values;
	uint8_t bytes[VALUES_MAX];
};

// A fact's hex as bytes. False when it is none, or not as long as the param is.
static bool fact_put(struct params *p, const struct trace_fact *f, uint8_t len)
{
	size_t size = f->value.len < 2 ? 0 : (f->value.len - 2) / 2;
	struct span hex = span_cut(f->value, 1, 2 * size);
	size_t room = p->values.cap - p->values.len;
	uint8_t *at = p->values.at + p->values.len;
	if (size > room || hex.len != 2 * size || text_unhex(hex, at, size) != ERR_OK)
		return false;
	if (len == WARTS_COUNTED && (size < 2 || ((size_t)at[0] << 8 | at[1]) != size - 2))
		return false;
	if (len != 0 && len != WARTS_COUNTED && len != size)
		return false;
	p->values.len += size;
	return true;
}

static bool fact_of(struct params *p, const struct trace_facts *facts, unsigned param, uint8_t len)
{
	char key[8];
	snprintf(key, sizeof(key), "%u", param);
	const struct trace_fact *f = trace_fact_find(facts, key);
	return f != NULL && fact_put(p, f, len);
}

// Params this program has no length for, and all their bytes.
static void unknown_put(struct params *p, const struct trace_facts *facts, unsigned known)
{
	for (const struct trace_fact *f = facts->first; f != NULL; f = f->next) {
		char text[24];
		if (f->key.len < 6 || memcmp(f->key.at, "bits_", 5) != 0 ||
		    text_copy(text, sizeof(text), span_cut(f->key, 5, 16)) != ERR_OK)
			continue;
		if (fact_put(p, f, 0))
			p->there |= (strtoull(text, NULL, 16) << (known + 1)) & WARTS_BITS;
	}
}

static void addr_put(struct wr *w, struct addr a)
{
	wr_u8(w, (uint8_t)(addr_bits(a) / 8));
	wr_u8(w, a.family == 4 ? 1 : 2);
	wr_bytes(w, addr_span(&a));
}

static uint8_t pair_of(const struct warts_pair *pairs, size_t count, uint8_t ours, uint8_t unset)
{
	for (size_t i = 0; i < count; i++)
		if (pairs[i].ours == ours)
			return pairs[i].warts;
	return unset;
}

static uint8_t type_of(enum trace_method m)
{
	return pair_of(warts_types, COUNT(warts_types), (uint8_t)m,
		       m == TRACE_TCP_SYN || m == TRACE_TCP_ACK ? 3 : 5);
}

static uint8_t attempts_of(const struct trace_doc *d)
{
	size_t most = 0;
	for (size_t i = 0; i < d->count; i += trace_doc_hop(d, i))
		most = trace_doc_hop(d, i) > most ? trace_doc_hop(d, i) : most;
	return (uint8_t)(most > 255 ? 255 : most);
}

static uint8_t last_ttl(const struct trace_doc *d)
{
	uint8_t ttl = 0;
	for (size_t i = 0; i < d->count; i++)
		if (d->replies[i].from.family != 0 && d->replies[i].ttl > ttl)
			ttl = d->replies[i].ttl;
	return ttl;
}

// What a trace from elsewhere must say for scamper's tools to read it. False: nothing.
static bool usual_put(struct wr *w, const struct trace_doc *d, unsigned param)
{
	switch (param) {
	case 9:
		wr_u8(w, attempts_of(d));
		return true;
	case WARTS_FIRST:
		wr_u8(w, d->first_ttl);
		return true;
	case 19:
		wr_u16(w, last_ttl(d));
		return true;
	case 31:
		wr_u8(w, 1);
		return true;
	default:
		return false;
	}
}

static bool head_param(struct wr *w, const struct trace_doc *d, unsigned param)
{
	switch (param) {
	case WARTS_START:
		if (!d->has_start)
			return false;
		wr_u32(w, (uint32_t)(d->start.ns / NS_PER_S));
		wr_u32(w, (uint32_t)(d->start.ns % NS_PER_S / NS_PER_US));
		return true;
	case WARTS_STOP:
		if (d->stop == TRACE_STOP_UNKNOWN)
			return false;
		wr_u8(w, pair_of(warts_stops, COUNT(warts_stops), (uint8_t)d->stop, 0));
		return true;
	case WARTS_TYPE:
		if (d->method == TRACE_METHOD_UNKNOWN)
			return false;
		wr_u8(w, type_of(d->method));
		return true;
	case WARTS_SPORT:
		wr_u16(w, d->sport);
		return d->sport != 0;
	case WARTS_DPORT:
		wr_u16(w, d->dport);
		return d->dport != 0;
	case WARTS_PROBES:
		wr_u16(w, (uint16_t)(d->probes_sent > 65535 ? 65535 : d->probes_sent));
		return d->probes_sent != 0;
	case WARTS_SRC:
	case WARTS_DST:
		addr_put(w, param == WARTS_SRC ? d->src : d->dst);
		return (param == WARTS_SRC ? d->src : d->dst).family != 0;
	default:
		return trace_fact_find(&d->facts[TRACE_TONGUE_WARTS], "from") == NULL &&
		       usual_put(w, d, param);
	}
}

static void labels_put(struct wr *w, const struct trace_doc_reply *r)
{
	wr_u16(w, (uint16_t)(4 + 4 * r->label_count));
	wr_u16(w, (uint16_t)(4 * r->label_count));
	wr_u8(w, 1);
	wr_u8(w, 1);
	for (size_t i = 0; i < r->label_count; i++)
		wr_u32(w, r->labels[i]);
}

static bool hop_param(struct wr *w, const struct trace_doc_reply *r, unsigned param, bool foreign,
		      uint8_t number)
{
	bool tcp = r->answer >> 16 == ANSWER_TCP;
	switch (param) {
	case WARTS_HOP_TTL:
		wr_u8(w, r->ttl);
		return true;
	case WARTS_HOP_REPLY_TTL:
		wr_u8(w, r->reply_ttl);
		return r->has_reply_ttl;
	case WARTS_HOP_FLAGS:
		wr_u8(w,
		      (uint8_t)((r->has_reply_ttl ? WARTS_REPLY_TTL : 0) | (tcp ? WARTS_TCP : 0)));
		return foreign;
	case WARTS_HOP_PROBE_ID:
		wr_u8(w, number);
		return foreign;
	case WARTS_HOP_RTT:
		wr_u32(w, r->rtt_us);
		return r->has_rtt;
	case WARTS_HOP_ICMP:
		wr_u16(w, (uint16_t)r->answer);
		return r->answer >> 16 == ANSWER_ICMP;
	case WARTS_HOP_QUOTED_TTL:
		wr_u8(w, r->quoted_ttl);
		return r->has_quoted_ttl && r->quoted_ttl != 1; // 1 is understood
	case WARTS_HOP_TCP:
		wr_u8(w, (uint8_t)r->answer);
		return tcp;
	case WARTS_HOP_EXTENSIONS:
		labels_put(w, r);
		return r->label_count > 0;
	case WARTS_HOP_ADDR:
		addr_put(w, r->from);
		return r->from.family != 0;
	default:
		return false;
	}
}

static void params_init(struct params *p)
{
	p->there = 0;
	p->values = wr_of(p->bytes, sizeof(p->bytes));
}

static void params_put(struct wr *w, const struct params *p)
{
	unsigned bytes = 1;
	while (p->there >> (1 + 7 * bytes) != 0)
		bytes++;
	for (unsigned i = 0; i < bytes; i++) {
		uint8_t seven = (uint8_t)(p->there >> (1 + 7 * i) & 0x7f);
		wr_u8(w, (uint8_t)(seven | (i + 1 < bytes ? 0x80 : 0)));
	}
	if (p->there != 0) {
		wr_u16(w, (uint16_t)p->values.len);
		wr_bytes(w, wr_span(&p->values));
	}
	if (p->values.err != ERR_OK)
		w->err = p->values.err;
}

static bool is_addr(uint8_t len)
{
	return len == WARTS_AN_ADDR || len == WARTS_LONE_ADDR;
}

static void head_write(struct wr *w, const struct trace_doc *d, struct params *p)
{
	const struct trace_facts *facts = &d->facts[TRACE_TONGUE_WARTS];
	params_init(p);
	for (unsigned i = WARTS_START; i <= WARTS_TRACE_KNOWN; i++) {
		size_t before = p->values.len;
		if (!is_addr(warts_trace_len[i]) && fact_of(p, facts, i, warts_trace_len[i]))
			p->there |= 1ull << i;
		else if (head_param(&p->values, d, i))
			p->there |= 1ull << i;
		else
			p->values.len = before;
	}
	unknown_put(p, facts, WARTS_TRACE_KNOWN);
	params_put(w, p);
}

static void hop_write(struct wr *w, const struct trace_doc_reply *r, struct params *p, bool foreign,
		      uint8_t number)
{
	const struct trace_facts *facts = &r->facts[TRACE_TONGUE_WARTS];
	params_init(p);
	for (unsigned i = WARTS_HOP_TTL; i <= WARTS_HOP_KNOWN; i++) {
		size_t before = p->values.len;
		if (!is_addr(warts_hop_len[i]) && fact_of(p, facts, i, warts_hop_len[i]))
			p->there |= 1ull << i;
		else if (hop_param(&p->values, r, i, foreign, number))
			p->there |= 1ull << i;
		else
			p->values.len = before;
	}
	unknown_put(p, facts, WARTS_HOP_KNOWN);
	params_put(w, p);
}

static void body_write(struct wr *w, const struct trace_doc *d, struct params *p)
{
	const struct trace_facts *facts = &d->facts[TRACE_TONGUE_WARTS];
	const struct trace_fact *rest = trace_fact_find(facts, "rest");
	bool foreign = trace_fact_find(facts, "from") == NULL;
	uint16_t count = 0;
	head_write(w, d, p);
	uint8_t *at = wr_reserve(w, 2);
	for (size_t i = 0; i < d->count;) {
		size_t n = trace_doc_hop(d, i);
		for (size_t k = 0; k < n; k++)
			if (d->replies[i + k].from.family != 0 ||
			    d->replies[i + k].facts[TRACE_TONGUE_WARTS].first != NULL) {
				hop_write(w, &d->replies[i + k], p, foreign, (uint8_t)k);
				count++;
			}
		i += n;
	}
	if (at != NULL) {
		at[0] = (uint8_t)(count >> 8);
		at[1] = (uint8_t)count;
	}
	params_init(p);
	if (rest != NULL && fact_put(p, rest, 0))
		wr_bytes(w, wr_span(&p->values));
	else
		wr_u16(w, 0);
}

enum err warts_write(FILE *out, const struct trace_doc *d)
{
	if (d->dst.family == 0)
		return ERR_UNSUPPORTED; // scamper's tools take no trace to nowhere
	struct params *p = malloc(sizeof(*p));
	uint8_t *bytes = malloc(WARTS_RECORD_MAX);
	enum err err = p == NULL || bytes == NULL ? ERR_MEMORY : ERR_OK;
	if (err == ERR_OK) {
		struct wr w = wr_of(bytes, WARTS_RECORD_MAX);
		wr_u16(&w, WARTS_MAGIC);
		wr_u16(&w, WARTS_TRACE);
		wr_u32(&w, 0);
		body_write(&w, d, p);
		struct wr length = wr_of(bytes + 4, 4);
		wr_u32(&length, (uint32_t)(w.len - WARTS_HEAD));
		err = w.err == ERR_OK ? ERR_OK : ERR_RANGE;
		if (err == ERR_OK)
			fwrite(bytes, 1, w.len, out);
	}
	free(bytes);
	free(p);
	return err;
}
