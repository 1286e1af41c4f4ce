// SPDX-License-Identifier: Apache-2.0
#include "msg/field.h"

#include <string.h>

#define LENGTH_ROOM 3 // bytes kept for a length not yet known

enum wire {
	WIRE_VARINT = 0,
	WIRE_64 = 1,
	WIRE_BYTES = 2,
};

static size_t varint(uint8_t out[static 10], uint64_t v)
{
	size_t n = 0;
	for (; v >= 0x80; v >>= 7)
		out[n++] = (uint8_t)(v | 0x80);
	out[n++] = (uint8_t)v;
	return n;
}

void field_varint(struct wr *w, uint64_t v)
{
	uint8_t room[10];
	if (w->err == ERR_OK && w->cap - w->len >= sizeof(room))
		w->len += varint(w->at + w->len, v);
	else
		wr_bytes(w, span_of(room, varint(room, v)));
}

void field_zigzag(struct wr *w, int64_t v)
{
	field_varint(w, (uint64_t)v << 1 ^ (v < 0 ? UINT64_MAX : 0));
}

static void tag(struct wr *w, uint32_t number, enum wire wire)
{
	field_varint(w, number << 3 | (uint32_t)wire);
}

void field_u64(struct wr *w, uint32_t number, uint64_t v)
{
	if (v == 0)
		return;
	tag(w, number, WIRE_VARINT);
	field_varint(w, v);
}

void field_s64(struct wr *w, uint32_t number, int64_t v)
{
	if (v == 0)
		return;
	tag(w, number, WIRE_VARINT);
	field_zigzag(w, v);
}

void field_fixed64(struct wr *w, uint32_t number, uint64_t v)
{
	if (v == 0)
		return;
	tag(w, number, WIRE_64);
	wr_le64(w, v);
}

void field_wall(struct wr *w, uint32_t number, struct wall t)
{
	field_fixed64(w, number, (uint64_t)t.ns);
}

void field_bytes(struct wr *w, uint32_t number, struct span s)
{
	if (s.len == 0)
		return;
	tag(w, number, WIRE_BYTES);
	field_varint(w, s.len);
	wr_bytes(w, s);
}

// RFC 3629: no overlong forms, no surrogates, nothing past U+10FFFF.
size_t utf8_step(struct span s)
{
	static const struct {
		uint8_t first, last, low, high; // of the first byte, then of the second
		uint8_t len;
	} forms[] = {
		{ 0x01, 0x7f, 0, 0, 1 },       { 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	for (size_t i = 0; s.len > 0 && i < COUNT(forms); i++) {
		if (s.at[0] < forms[i].first || s.at[0] > forms[i].last || s.len < forms[i].len)
			continue;
		if (forms[i].len > 1 && (s.at[1] < forms[i].low || s.at[1] > forms[i].high))
			return 0;
		for (size_t j = 2; j < forms[i].len; j++)
			if ((s.at[j] & 0xc0) != 0x80)
				return 0;
		return forms[i].len;
	}
	return 0;
}

void field_item(struct wr *w, uint32_t number, struct span s)
{
	s = span_cut(s, 0, TEXT_MAX);
	tag(w, number, WIRE_BYTES);
	field_varint(w, s.len);
	uint8_t *to = wr_reserve(w, s.len);
	if (to == NULL || s.len == 0)
		return;
	memcpy(to, s.at, s.len);
	for (size_t at = 0, step; at < s.len; at += step) {
		step = utf8_step(span_of(to + at, s.len - at));
		if (step == 0) {
			to[at] = '?';
			step = 1;
		}
	}
}

void field_text(struct wr *w, uint32_t number, struct span s)
{
	if (s.len > 0)
		field_item(w, number, s);
}

void field_run(struct wr *w, uint32_t number, const struct run_id *run)
{
	static const struct run_id none;
	if (memcmp(run, &none, sizeof(none)) != 0)
		field_bytes(w, number, span_of(run->bytes, sizeof(run->bytes)));
}

void field_addr(struct wr *w, uint32_t number, const struct addr *a)
{
	field_bytes(w, number, addr_span(a));
}

void field_packed(struct wr *w, uint32_t number, const uint32_t *v, size_t count)
{
	if (count == 0)
		return;
	size_t begun = field_begin(w, number);
	for (size_t i = 0; i < count; i++)
		field_varint(w, v[i]);
	field_end(w, begun);
}

void field_packed32(struct wr *w, uint32_t number, const uint32_t *v, size_t count)
{
	if (count == 0)
		return;
	size_t begun = field_begin(w, number);
	for (size_t i = 0; i < count; i++)
		wr_le32(w, v[i]);
	field_end(w, begun);
}

size_t field_begin(struct wr *w, uint32_t number)
{
	tag(w, number, WIRE_BYTES);
	(void)wr_reserve(w, LENGTH_ROOM);
	return w->len;
}

void field_end(struct wr *w, size_t begun)
{
	uint8_t length[10];
	size_t len = w->len - begun;
	if (w->err == ERR_OK && len > FIELD_LENGTH_MAX)
		w->err = ERR_FULL;
	if (w->err != ERR_OK)
		return;
	size_t n = varint(length, len);
	uint8_t *at = w->at + begun - LENGTH_ROOM;
	memcpy(at, length, n);
	memmove(at + n, w->at + begun, len);
	w->len -= LENGTH_ROOM - n;
}
