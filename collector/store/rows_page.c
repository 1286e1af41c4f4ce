// SPDX-License-Identifier: Apache-2.0
//
// Rows of raw.page and raw.resolver.
#include "store/rows.h"

static void i4_or_null(struct wr *w, uint32_t v)
{
	if (v == 0)
		copy_null(w);
	else
		copy_u31(w, v);
}

static void texts(struct wr *w, const struct span *v, size_t count)
{
	struct copy_array a = copy_array_open(w, COPY_TEXT, count, false);
	for (size_t i = 0; i < count; i++)
		copy_text(w, v[i]);
	copy_array_close(w, a);
}

static void reply(struct wr *w, const struct page_reply *r)
{
	bool body = r->body_sha256.len > 0;
	copy_i2(w, (int16_t)r->state);
	copy_text_or_null(w, r->error);
	copy_i8(w, r->duration_us);
	i4_or_null(w, r->status);
	copy_text_or_null(w, r->status_line);
	copy_text_or_null(w, r->headers);
	if (!body) {
		copy_null(w);
		copy_null(w);
		copy_null(w);
	} else {
		copy_bytes(w, r->body);
		copy_u63(w, r->body_bytes);
		copy_bytes(w, r->body_sha256);
	}
	copy_bool(w, r->cut);
}

static void certificate(struct wr *w, const struct page_tls *t)
{
	if (!t->seen) {
		for (int i = 0; i < 12; i++)
			copy_null(w);
		return;
	}
	i4_or_null(w, t->version);
	i4_or_null(w, t->cipher);
	struct copy_array a = copy_array_open(w, COPY_BYTEA, t->chain_count, false);
	for (size_t i = 0; i < t->chain_count; i++)
		copy_bytes(w, t->chain[i]);
	copy_array_close(w, a);
	copy_bool(w, t->trusted);
	copy_bool(w, t->name_match);
	copy_u31(w, t->verify);
	copy_text_or_null(w, t->error);
	copy_text_or_null(w, t->subject);
	copy_text_or_null(w, t->issuer);
	copy_time_or_null(w, t->not_before);
	copy_time_or_null(w, t->not_after);
	texts(w, t->names, t->name_count);
}

enum err rows_page(struct wr *w, struct rows_key k, uint32_t item, const struct page_record *p)
{
	copy_row(w, 42);
	copy_time(w, p->start);
	rows_item(w, k, item);
	copy_time(w, p->end);
	copy_run(w, p->scan);
	copy_inet(w, p->addr);
	copy_text(w, p->domain);
	copy_i2(w, (int16_t)p->role);
	reply(w, &p->http);
	reply(w, &p->https);
	certificate(w, &p->tls);
	return w->err;
}

// --- resolvers
// ---------------------------------------------------------------------------------------

static void rounds(struct wr *w, const struct resolver_record *r)
{
	copy_i4_array(w, r->round_ms, r->rounds);
	struct copy_array a = copy_array_open(w, COPY_INT4, r->rounds, true);
	for (size_t i = 0; i < r->rounds; i++)
		i4_or_null(w, r->round_rtt_us[i]);
	copy_array_close(w, a);
	copy_i2_array(w, r->round_outcome);
	copy_i2_array(w, r->round_rcode);
}

static void egress(struct wr *w, const struct resolver_record *r)
{
	size_t four = r->egress4.len / 4, six = r->egress6.len / 16;
	struct copy_array a = copy_array_open(w, COPY_INET, four + six, false);
	for (size_t i = 0; i < four; i++)
		copy_inet(w, addr_of(span_of(r->egress4.at + i * 4, 4)));
	for (size_t i = 0; i < six; i++)
		copy_inet(w, addr_of(span_of(r->egress6.at + i * 16, 16)));
	copy_array_close(w, a);
}

enum err rows_resolver(struct wr *w, struct rows_key k, uint32_t item,
		       const struct resolver_record *r)
{
	copy_row(w, 29);
	copy_time(w, r->start);
	rows_item(w, k, item);
	copy_time(w, r->end);
	copy_run(w, r->scan);
	copy_inet(w, r->addr);
	copy_i2(w, (int16_t)r->role);
	copy_i2(w, (int16_t)r->state);
	copy_bytes_or_null(w, r->payload);
	i4_or_null(w, r->rtt_us);
	if (r->ttl == 0)
		copy_null(w);
	else
		copy_i2(w, r->ttl);
	copy_inet_array(w, r->answered_from, r->addr.family == 4 ? 4 : 16);
	texts(w, r->names, r->name_count);
	copy_i2_array(w, span_of(r->name_marks, r->name_count));
	if (r->ptr == 0)
		copy_null(w);
	else
		copy_i2(w, (int16_t)(r->ptr - 1));
	copy_bool(w, r->infrastructure);
	copy_text_or_null(w, r->infra_rule);
	copy_i2(w, (int16_t)r->class);
	egress(w, r);
	copy_i2(w, (int16_t)r->nxdomain);
	copy_inet_array(w, r->nx_addrs, 4);
	rounds(w, r);
	copy_null(w); // a country that somebody else gave it
	copy_null(w);
	return w->err;
}
