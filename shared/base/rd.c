// SPDX-License-Identifier: Apache-2.0
#include "base/rd.h"

#include <string.h>

size_t rd_left(const struct rd *r)
{
	return r->err == ERR_OK ? r->in.len - r->pos : 0;
}

struct span rd_rest(const struct rd *r)
{
	return span_cut(r->in, r->pos, rd_left(r));
}

void rd_fail(struct rd *r, enum err err)
{
	if (r->err == ERR_OK)
		r->err = err;
}

struct span rd_span(struct rd *r, size_t len)
{
	if (rd_left(r) < len) {
		rd_fail(r, ERR_SHORT);
		return (struct span){ NULL, 0 };
	}
	if (len == 0) // of nothing, too, which has no address to add to
		return span_of(r->in.at != NULL ? r->in.at + r->pos : NULL, 0);
	struct span s = span_of(r->in.at + r->pos, len);
	r->pos += len;
	return s;
}

void rd_skip(struct rd *r, size_t len)
{
	(void)rd_span(r, len);
}

void rd_copy(struct rd *r, void *to, size_t len)
{
	struct span s = rd_span(r, len);
	if (s.len == len && len > 0)
		memcpy(to, s.at, len);
	else
		memset(to, 0, len);
}

static uint64_t big(struct rd *r, size_t len)
{
	struct span s = rd_span(r, len);
	uint64_t v = 0;
	for (size_t i = 0; i < s.len; i++)
		v = v << 8 | s.at[i];
	return v;
}

static uint64_t little(struct rd *r, size_t len)
{
	struct span s = rd_span(r, len);
	uint64_t v = 0;
	for (size_t i = s.len; i > 0; i--)
		v = v << 8 | s.at[i - 1];
	return v;
}

uint8_t rd_u8(struct rd *r)
{
	return (uint8_t)big(r, 1);
}

uint16_t rd_u16(struct rd *r)
{
	return (uint16_t)big(r, 2);
}

uint32_t rd_u24(struct rd *r)
{
	return (uint32_t)big(r, 3);
}

uint32_t rd_u32(struct rd *r)
{
	return (uint32_t)big(r, 4);
}

uint64_t rd_u64(struct rd *r)
{
	return big(r, 8);
}

uint16_t rd_le16(struct rd *r)
{
	return (uint16_t)little(r, 2);
}

uint32_t rd_le32(struct rd *r)
{
	return (uint32_t)little(r, 4);
}

uint64_t rd_le64(struct rd *r)
{
	return little(r, 8);
}

struct rd rd_child(struct rd *r, size_t len)
{
	struct rd child = rd_of(rd_span(r, len));
	child.err = r->err;
	return child;
}

enum err rd_done(const struct rd *r)
{
	if (r->err != ERR_OK)
		return r->err;
	return r->pos == r->in.len ? ERR_OK : ERR_FORMAT;
}
