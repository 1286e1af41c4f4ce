// SPDX-License-Identifier: Apache-2.0
//
// Rows of raw.dns_pair.
#include <string.h>

#include "store/rows.h"
#include "store/rows_dns.h"

static uint8_t byte_or(struct span s, size_t i, uint8_t otherwise)
{
	return i < s.len ? s.at[i] : otherwise;
}

// Bytes that count from 1, 0 meaning none.
static void from_one(struct wr *w, struct span s, size_t count, int16_t less)
{
	struct copy_array a = copy_array_open(w, COPY_INT2, count, true);
	for (size_t i = 0; i < count; i++) {
		uint8_t v = byte_or(s, i, 0);
		if (v == 0)
			copy_null(w);
		else
			copy_i2(w, (int16_t)(v - less));
	}
	copy_array_close(w, a);
}

static void bytes_of(struct wr *w, struct span s, size_t count)
{
	struct copy_array a = copy_array_open(w, COPY_INT2, count, false);
	for (size_t i = 0; i < count; i++)
		copy_i2(w, byte_or(s, i, 0));
	copy_array_close(w, a);
}

static void tries(struct wr *w, const struct dns_pair_record *p)
{
	bytes_of(w, p->try_role, p->tries);
	bytes_of(w, p->try_transport, p->tries);
	bytes_of(w, p->try_outcome, p->tries);
	bytes_of(w, p->try_error, p->tries);
	copy_null(w); // a publication's words
	from_one(w, p->try_rcode, p->tries, 1);
	copy_i4_array(w, p->try_sent_us, p->tries);
	from_one(w, p->try_first, p->tries, 0);
	if (p->try_ttl.len == 0)
		copy_null(w);
	else
		bytes_of(w, p->try_ttl, p->tries);
	if (p->try_sport == NULL)
		copy_null(w);
	else
		copy_i4_array(w, p->try_sport, p->tries);
}

static void i4_or_null(struct wr *w, bool some, uint32_t v)
{
	if (some)
		copy_u31(w, v);
	else
		copy_null(w);
}

static void packets(struct wr *w, const struct dns_pair_record *p, const struct rows_dns *d)
{
	struct copy_array a;
	from_one(w, p->answer_try, p->answers, 0);
	copy_i4_array(w, p->answer_at_us, p->answers);
	a = copy_array_open(w, COPY_INET, p->answers, false);
	for (size_t i = 0; i < p->answers; i++)
		copy_inet(w, dns_pair_source(p, i));
	copy_array_close(w, a);
	from_one(w, p->answer_ttl, p->answers, 0);
	a = copy_array_open(w, COPY_INT4, p->answers, true);
	for (size_t i = 0; i < p->answers; i++)
		i4_or_null(w, p->answer_ip_id[i] != 0, p->answer_ip_id[i] - 1);
	copy_array_close(w, a);
	copy_i4_array(w, p->answer_flags, p->answers);
	copy_i4_array(w, p->answer_mark, p->answers);
	a = copy_array_open(w, COPY_INT2, p->answers, true);
	for (size_t i = 0; i < p->answers; i++) {
		if (d->packets[i].readable)
			copy_i2(w, (int16_t)d->packets[i].rcode);
		else
			copy_null(w);
	}
	copy_array_close(w, a);
	a = copy_array_open(w, COPY_INT4, p->answers, true);
	for (size_t i = 0; i < p->answers; i++)
		i4_or_null(w, d->packets[i].has_ede, d->packets[i].ede);
	copy_array_close(w, a);
	a = copy_array_open(w, COPY_BOOL, p->answers, false);
	for (size_t i = 0; i < p->answers; i++)
		copy_bool(w, d->packets[i].is_signed);
	copy_array_close(w, a);
	a = copy_array_open(w, COPY_BYTEA, p->answers, false);
	for (size_t i = 0, at = 0; i < p->answers; i++)
		copy_bytes(w, dns_pair_wire(p, i, &at));
	copy_array_close(w, a);
	copy_u31(w, p->answers_lost);
}

static void addresses(struct wr *w, const struct rows_dns *d)
{
	struct copy_array a;
	char name[DNS_TEXT];
	copy_i2_array(w, span_of(d->addr_packet, d->addr_count));
	a = copy_array_open(w, COPY_INET, d->addr_count, false);
	for (size_t i = 0; i < d->addr_count; i++)
		copy_inet(w, d->addrs[i]);
	copy_array_close(w, a);
	a = copy_array_open(w, COPY_INT8, d->addr_count, false);
	for (size_t i = 0; i < d->addr_count; i++)
		copy_i8(w, d->ttls[i]);
	copy_array_close(w, a);
	copy_i2_array(w, span_of(d->cname_packet, d->cname_count));
	a = copy_array_open(w, COPY_TEXT, d->cname_count, false);
	for (size_t i = 0; i < d->cname_count; i++) {
		if (dns_name_write(d->cnames[i], name) != ERR_OK)
			name[0] = '\0';
		copy_text(w, span_text(name));
	}
	copy_array_close(w, a);
}

// Names are the same in every letter case: rows are joined by them.
static void lower_text(struct wr *w, struct span s, bool null)
{
	char text[DNS_DOMAIN_MAX];
	size_t len = s.len < sizeof(text) ? s.len : sizeof(text);
	for (size_t i = 0; i < len; i++)
		text[i] = (char)(s.at[i] >= 'A' && s.at[i] <= 'Z' ? s.at[i] | 0x20 : s.at[i]);
	if (null)
		copy_text_or_null(w, span_of(text, len));
	else
		copy_text(w, span_of(text, len));
}

static struct wall end_of(const struct dns_pair_record *p)
{
	uint32_t us = 0;
	if (p->start.ns == 0)
		return p->start;
	for (size_t i = 0; i < p->tries; i++)
		us = p->try_sent_us[i] > us ? p->try_sent_us[i] : us;
	for (size_t i = 0; i < p->answers; i++)
		us = p->answer_at_us[i] > us ? p->answer_at_us[i] : us;
	return (struct wall){ p->start.ns + us * NS_PER_US };
}

static void edns(struct wr *w, const struct dns_pair_record *p, const struct rows_dns *d)
{
	struct copy_array a;
	i4_or_null(w, p->size > 0, p->size);
	a = copy_array_open(w, COPY_INT2, p->answers, true);
	for (size_t i = 0; i < p->answers; i++) {
		if (d->packets[i].has_scope)
			copy_i2(w, d->packets[i].scope);
		else
			copy_null(w);
	}
	copy_array_close(w, a);
	a = copy_array_open(w, COPY_BYTEA, p->answers, true);
	for (size_t i = 0; i < p->answers; i++) {
		if (d->packets[i].nsid.at != NULL)
			copy_bytes(w, d->packets[i].nsid);
		else
			copy_null(w);
	}
	copy_array_close(w, a);
}

enum err rows_dns_pair(struct wr *w, struct rows_key k, uint32_t item,
		       const struct dns_pair_record *p)
{
	static _Thread_local struct rows_dns d; // too big for a stack, the same for every row
	struct prefix subnet;
	if (dns_pair_subnet_read(p->subnet, &subnet) != ERR_OK)
		subnet = (struct prefix){ 0 }; // the batch's body keeps what it is
	rows_dns_read(p, &d);
	copy_row(w, 52);
	copy_time(w, p->start);
	copy_i4(w, k.node);
	copy_i4(w, k.stream);
	copy_u63(w, k.seq);
	copy_i4(w, (int32_t)item);
	copy_run(w, p->scan);
	copy_i2(w, (int16_t)p->kind);
	copy_i2(w, (int16_t)p->state);
	copy_i2(w, (int16_t)p->profile);
	copy_inet(w, p->resolver);
	copy_i4(w, p->port);
	copy_inet_or_null(w, p->src);
	copy_i4(w, p->sport);
	lower_text(w, p->domain, false);
	copy_i4(w, p->qtype);
	copy_u31(w, p->repetition);
	lower_text(w, p->control, true);
	copy_time_or_null(w, end_of(p));
	copy_u31(w, p->options);
	copy_cidr_or_null(w, subnet);
	copy_text_or_null(w, p->detail);
	copy_u31(w, p->listen_ms);
	tries(w, p);
	packets(w, p, &d);
	addresses(w, &d);
	edns(w, p, &d);
	return w->err;
}
