// SPDX-License-Identifier: Apache-2.0
#include "store/copy.h"

#include <string.h>

#define EPOCH_US   946684800000000LL // 2000-01-01T00:00:00Z, where timestamptz counts from
#define INET_V4    2                 // PGSQL_AF_INET
#define INET_V6    3                 // PGSQL_AF_INET6
#define NULL_FIELD 0xffffffffu

static inline void put4(uint8_t *at, uint32_t v)
{
	v = __builtin_bswap32(v);
	memcpy(at, &v, sizeof(v));
}

void copy_header(struct wr *w)
{
	wr_bytes(w, span_of("PGCOPY\n\377\r\n\0", 11));
	wr_zero(w, 8);
}

void copy_trailer(struct wr *w)
{
	wr_u16(w, 0xffff);
}

void copy_row(struct wr *w, uint16_t fields)
{
	wr_u16(w, fields);
}

void copy_null(struct wr *w)
{
	uint8_t *at = wr_reserve(w, 4);
	if (at != NULL)
		put4(at, NULL_FIELD);
}

void copy_bool(struct wr *w, bool v)
{
	wr_u32(w, 1);
	wr_u8(w, v);
}

void copy_i2(struct wr *w, int16_t v)
{
	uint8_t *at = wr_reserve(w, 6);
	if (at == NULL)
		return;
	put4(at, 2);
	at[4] = (uint8_t)((uint16_t)v >> 8);
	at[5] = (uint8_t)v;
}

void copy_i4(struct wr *w, int32_t v)
{
	uint8_t *at = wr_reserve(w, 8);
	if (at == NULL)
		return;
	put4(at, 4);
	put4(at + 4, (uint32_t)v);
}

void copy_i8(struct wr *w, int64_t v)
{
	uint8_t *at = wr_reserve(w, 12);
	if (at == NULL)
		return;
	put4(at, 8);
	put4(at + 4, (uint32_t)((uint64_t)v >> 32));
	put4(at + 8, (uint32_t)v);
}

void copy_time(struct wr *w, struct wall t)
{
	int64_t us = t.ns / NS_PER_US;
	if (t.ns % NS_PER_US < 0)
		us--;
	copy_i8(w, us - EPOCH_US);
}

void copy_time_or_null(struct wr *w, struct wall t)
{
	if (t.ns == 0)
		copy_null(w);
	else
		copy_time(w, t);
}

void copy_run(struct wr *w, struct run_id run)
{
	static const struct run_id none;
	if (memcmp(&run, &none, sizeof(run)) == 0)
		copy_null(w);
	else
		copy_bytes(w, span_of(run.bytes, sizeof(run.bytes)));
}

void copy_side(struct wr *w, uint8_t side)
{
	if (side == 0)
		copy_null(w);
	else
		copy_i2(w, side);
}

void copy_bytes(struct wr *w, struct span s)
{
	wr_u32(w, (uint32_t)s.len);
	wr_bytes(w, s);
}

void copy_bytes_or_null(struct wr *w, struct span s)
{
	if (s.len == 0)
		copy_null(w);
	else
		copy_bytes(w, s);
}

// Length of the UTF-8 sequence S begins with, 0 when it begins with none that PostgreSQL takes
// (RFC 3629, and no NUL).
static size_t utf8(struct span s)
{
	uint8_t c = s.at[0];
	if (c < 0x80)
		return c != 0;
	size_t n = c >= 0xc2 && c < 0xe0   ? 2
		   : c >= 0xe0 && c < 0xf0 ? 3
		   : c >= 0xf0 && c < 0xf5 ? 4
					   : 0;
	if (n == 0 || s.len < n)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s.at[i] & 0xc0) != 0x80)
			return 0;
	uint8_t d = s.at[1];
	bool bad = (c == 0xe0 && d < 0xa0) || (c == 0xed && d > 0x9f) || (c == 0xf0 && d < 0x90) ||
		   (c == 0xf4 && d > 0x8f);
	return bad ? 0 : n;
}

void copy_text(struct wr *w, struct span s)
{
	size_t start = w->len;
	wr_u32(w, 0);
	while (s.len > 0) {
		size_t good = 0, n = 0;
		while (good < s.len && (n = utf8(span_cut(s, good, 4))) > 0)
			good += n;
		wr_bytes(w, span_cut(s, 0, good));
		s = span_cut(s, good, s.len);
		if (s.len > 0) {
			wr_bytes(w, span_of("\xef\xbf\xbd", 3));
			s = span_cut(s, 1, s.len);
		}
	}
	if (w->err == ERR_OK)
		put4(w->at + start, (uint32_t)(w->len - start - 4));
}

void copy_text_or_null(struct wr *w, struct span s)
{
	if (s.len == 0)
		copy_null(w);
	else
		copy_text(w, s);
}

static size_t inet_write(uint8_t *at, const uint8_t *bytes, size_t size)
{
	put4(at, (uint32_t)size + 4);
	at[4] = size == 4 ? INET_V4 : INET_V6;
	at[5] = (uint8_t)(size * 8);
	at[6] = 0; // not a cidr
	at[7] = (uint8_t)size;
	memcpy(at + 8, bytes, size);
	return size + 8;
}

void copy_inet(struct wr *w, struct addr a)
{
	size_t size = a.family == 4 ? 4 : 16;
	if (a.family != 4 && a.family != 6 && w->err == ERR_OK)
		w->err = ERR_RANGE;
	uint8_t *at = wr_reserve(w, size + 8);
	if (at != NULL)
		(void)inet_write(at, a.bytes, size);
}

void copy_inet_or_null(struct wr *w, struct addr a)
{
	if (a.family == 0)
		copy_null(w);
	else
		copy_inet(w, a);
}

void copy_cidr_or_null(struct wr *w, struct prefix p)
{
	size_t at = w->len + 4;
	copy_inet_or_null(w, p.addr);
	if (p.addr.family == 0 || w->err != ERR_OK)
		return;
	w->at[at + 1] = p.bits;
	w->at[at + 2] = 1;
}

void copy_u31(struct wr *w, uint64_t v)
{
	if (v > INT32_MAX && w->err == ERR_OK)
		w->err = ERR_RANGE;
	copy_i4(w, (int32_t)v);
}

void copy_u63(struct wr *w, uint64_t v)
{
	if (v > INT64_MAX && w->err == ERR_OK)
		w->err = ERR_RANGE;
	copy_i8(w, (int64_t)v);
}

struct copy_array copy_array_open(struct wr *w, enum copy_type type, size_t count, bool nulls)
{
	struct copy_array a = { .at = w->len };
	uint8_t *at = wr_reserve(w, count == 0 ? 16 : 24);
	if (at == NULL)
		return a;
	put4(at + 4, count != 0); // dimensions
	put4(at + 8, nulls);
	put4(at + 12, (uint32_t)type);
	if (count > 0) {
		put4(at + 16, (uint32_t)count);
		put4(at + 20, 1); // lower bound
	}
	return a;
}

void copy_array_close(struct wr *w, struct copy_array a)
{
	if (w->err == ERR_OK)
		put4(w->at + a.at, (uint32_t)(w->len - a.at - 4));
}

void copy_i4_array(struct wr *w, const uint32_t *v, size_t count)
{
	struct copy_array a = copy_array_open(w, COPY_INT4, count, false);
	for (size_t i = 0; i < count; i++)
		copy_u31(w, v[i]);
	copy_array_close(w, a);
}

void copy_i2_array(struct wr *w, struct span bytes)
{
	struct copy_array a = copy_array_open(w, COPY_INT2, bytes.len, false);
	for (size_t i = 0; i < bytes.len; i++)
		copy_i2(w, bytes.at[i]);
	copy_array_close(w, a);
}

void copy_rtt_array(struct wr *w, const uint32_t *us, size_t count)
{
	bool nulls = false;
	for (size_t i = 0; i < count; i++)
		nulls |= us[i] == 0;
	struct copy_array a = copy_array_open(w, COPY_FLOAT4, count, nulls);
	uint8_t *at = wr_reserve(w, count * 8);
	if (at == NULL)
		return;
	uint8_t *from = at;
	for (size_t i = 0; i < count; i++) {
		if (us[i] == 0) {
			put4(at, NULL_FIELD);
			at += 4;
			continue;
		}
		float ms = (float)us[i] / 1000.0f;
		uint32_t bits;
		memcpy(&bits, &ms, sizeof(bits));
		put4(at, 4);
		put4(at + 4, bits);
		at += 8;
	}
	w->len -= count * 8 - (size_t)(at - from);
	copy_array_close(w, a);
}

void copy_inet_array(struct wr *w, struct span packed, size_t size)
{
	size_t count = packed.len / size;
	struct copy_array a = copy_array_open(w, COPY_INET, count, false);
	uint8_t *at = wr_reserve(w, count * (size + 8));
	if (at == NULL)
		return;
	for (size_t i = 0; i < count; i++)
		at += inet_write(at, packed.at + i * size, size);
	copy_array_close(w, a);
}
