// SPDX-License-Identifier: Apache-2.0
#include "base/wr.h"

#include <endian.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

uint8_t *wr_reserve(struct wr *w, size_t len)
{
	if (w->err != ERR_OK)
		return NULL;
	if (w->cap - w->len < len) {
		w->err = ERR_FULL;
		return NULL;
	}
	uint8_t *at = w->at + w->len;
	w->len += len;
	return at;
}

void wr_bytes(struct wr *w, struct span s)
{
	uint8_t *at = wr_reserve(w, s.len);
	if (at != NULL && s.len > 0)
		memcpy(at, s.at, s.len);
}

void wr_zero(struct wr *w, size_t len)
{
	uint8_t *at = wr_reserve(w, len);
	if (at != NULL)
		memset(at, 0, len);
}

static void little(struct wr *w, uint64_t v, size_t len)
{
	uint8_t *at = wr_reserve(w, len);
	for (size_t i = 0; at != NULL && i < len; i++) {
		at[i] = (uint8_t)v;
		v >>= 8;
	}
}

void wr_u8(struct wr *w, uint8_t v)
{
	uint8_t *at = wr_reserve(w, 1);
	if (at != NULL)
		*at = v;
}

void wr_u16(struct wr *w, uint16_t v)
{
	uint8_t *at = wr_reserve(w, 2);
	v = htobe16(v);
	if (at != NULL)
		memcpy(at, &v, 2);
}

void wr_u32(struct wr *w, uint32_t v)
{
	uint8_t *at = wr_reserve(w, 4);
	v = htobe32(v);
	if (at != NULL)
		memcpy(at, &v, 4);
}

void wr_u64(struct wr *w, uint64_t v)
{
	uint8_t *at = wr_reserve(w, 8);
	v = htobe64(v);
	if (at != NULL)
		memcpy(at, &v, 8);
}

void wr_le16(struct wr *w, uint16_t v)
{
	little(w, v, 2);
}

void wr_le32(struct wr *w, uint32_t v)
{
	little(w, v, 4);
}

void wr_le64(struct wr *w, uint64_t v)
{
	little(w, v, 8);
}

void wr_text(struct wr *w, const char *text)
{
	wr_bytes(w, span_text(text));
}

void wr_format(struct wr *w, const char *format, ...)
{
	if (w->err != ERR_OK)
		return;
	size_t room = w->cap - w->len;
	va_list args;
	va_start(args, format);
	int n = vsnprintf((char *)w->at + w->len, room, format, args);
	va_end(args);
	// vsnprintf ends in NUL, so a text that fills the room to the last byte was cut.
	if (n < 0 || (size_t)n >= room)
		w->err = ERR_FULL;
	else
		w->len += (size_t)n;
}
