// SPDX-License-Identifier: Apache-2.0
#include "base/wr.h"

#include <endian.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void wr_zero(struct wr *w, size_t len)
{
	uint8_t *at = wr_reserve(w, len);
	if (at != NULL)
		memset(at, 0, len);
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

void wr_le32(struct wr *w, uint32_t v)
{
	uint8_t *at = wr_reserve(w, 4);
	v = htole32(v);
	if (at != NULL)
		memcpy(at, &v, 4);
}

void wr_le64(struct wr *w, uint64_t v)
{
	uint8_t *at = wr_reserve(w, 8);
	v = htole64(v);
	if (at != NULL)
		memcpy(at, &v, 8);
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
