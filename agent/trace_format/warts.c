// SPDX-License-Identifier: Apache-2.0
#include "trace_format/warts.h"

#include "trace_format/parts.h"

#define ADDRS_MAX 1024 // different ones in one record

enum err warts_reader_init(struct warts_reader *w, struct arena *a, struct span body)
{
	*w = (struct warts_reader){ .arena = a, .in = rd_of(body) };
	w->addrs = arena_take(a, ADDRS_MAX * sizeof(*w->addrs));
	return w->addrs == NULL ? ERR_MEMORY : ERR_OK;
}

struct warts_params warts_params_read(struct rd *r)
{
	struct warts_params p = { .in = rd_of((struct span){ 0 }) };
	uint8_t byte = 0x80;
	for (unsigned at = 1; (byte & 0x80) != 0 && r->err == ERR_OK; at += 7) {
		byte = rd_u8(r);
		if (at + 6 > WARTS_PARAM_MAX)
			rd_fail(r, ERR_FORMAT);
		else
			p.there |= (uint64_t)(byte & 0x7f) << at;
	}
	if (p.there != 0)
		p.in = rd_child(r, rd_u16(r));
	return p;
}

static struct addr lone_take(struct rd *r, uint8_t len)
{
	uint8_t type = rd_u8(r);
	struct span bytes = rd_span(r, len);
	return r->err == ERR_OK && type <= 2 ? addr_of(bytes) : (struct addr){ 0 };
}

static struct addr addr_take(struct warts_reader *w, struct rd *r)
{
	uint8_t len = rd_u8(r);
	struct addr a = { 0 };
	if (len == 0) {
		uint32_t at = rd_u32(r);
		if (r->err == ERR_OK && at >= w->addr_count)
			rd_fail(r, ERR_FORMAT);
		return r->err == ERR_OK ? w->addrs[at] : a;
	}
	a = lone_take(r, len);
	if (w->addr_count == ADDRS_MAX)
		rd_fail(r, ERR_RANGE);
	else
		w->addrs[w->addr_count++] = a;
	return a;
}

struct span warts_value_take(struct warts_reader *w, struct rd *r, uint8_t len, struct addr *a)
{
	size_t from = r->pos;
	if (len == WARTS_AN_ADDR)
		*a = addr_take(w, r);
	else if (len == WARTS_LONE_ADDR)
		*a = lone_take(r, rd_u8(r));
	else if (len == WARTS_COUNTED)
		rd_skip(r, rd_u16(r));
	else if (len == WARTS_TEXT)
		while (rd_u8(r) != 0)
			;
	else
		rd_skip(r, len);
	return span_cut(r->in, from, r->pos - from);
}

uint64_t warts_number(struct span s)
{
	uint64_t n = 0;
	for (size_t i = 0; i < s.len && i < 8; i++)
		n = n << 8 | s.at[i];
	return n;
}

// RFC 4950 objects among the extensions: length:16 class:8 type:8 words.
enum err warts_labels_read(struct arena *a, struct span s, struct trace_doc_reply *r)
{
	struct rd in = rd_of(s);
	(void)rd_u16(&in);
	while (rd_left(&in) >= 4) {
		uint16_t len = rd_u16(&in);
		uint8_t class = rd_u8(&in), type = rd_u8(&in);
		struct rd words = rd_child(&in, len);
		while (class == 1 && type == 1 && rd_left(&words) >= 4)
			if (trace_label_put(a, r, rd_u32(&words)) != ERR_OK)
				return ERR_MEMORY;
	}
	return ERR_OK;
}
