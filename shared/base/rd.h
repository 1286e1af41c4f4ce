// SPDX-License-Identifier: Apache-2.0
//
// Bounded reader. The first failure sticks: later reads return zero and move nothing, so a parser
// reads straight through and checks `rd.err` once. A child reader, carved by rd_child, cannot see
// past the length field that bounded it. Multi-byte integers are big-endian unless the name says
// le.
#pragma once

#include "base/err.h"
#include "base/span.h"

struct rd {
	struct span in;
	size_t pos; // <= in.len
	enum err err;
};

static inline struct rd rd_of(struct span in)
{
	return (struct rd){ .in = in, .pos = 0, .err = ERR_OK };
}

static inline size_t rd_left(const struct rd *r)
{
	return r->err == ERR_OK ? r->in.len - r->pos : 0;
}

// Everything not yet read, without reading it.
struct span rd_rest(const struct rd *r);

// Makes R fail with ERR unless it already failed.
static inline void rd_fail(struct rd *r, enum err err)
{
	if (r->err == ERR_OK)
		r->err = err;
}

// The next LEN bytes, borrowed. Fewer left: ERR_SHORT sticks and the span is empty.
static inline struct span rd_span(struct rd *r, size_t len)
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

static inline void rd_skip(struct rd *r, size_t len)
{
	(void)rd_span(r, len);
}

static inline uint8_t rd_u8(struct rd *r)
{
	struct span s = rd_span(r, 1);
	return s.len == 0 ? 0 : s.at[0];
}

static inline uint16_t rd_u16(struct rd *r)
{
	struct span s = rd_span(r, 2);
	if (s.len == 0)
		return 0;
	return (uint16_t)(s.at[0] << 8 | s.at[1]);
}

uint32_t rd_u24(struct rd *r);
uint32_t rd_u32(struct rd *r);
uint64_t rd_u64(struct rd *r);

static inline uint16_t rd_le16(struct rd *r)
{
	struct span s = rd_span(r, 2);
	if (s.len == 0)
		return 0;
	return (uint16_t)(s.at[0] | s.at[1] << 8);
}

static inline uint32_t rd_le32(struct rd *r)
{
	struct span s = rd_span(r, 4);
	if (s.len == 0)
		return 0;
	return (uint32_t)s.at[0] | (uint32_t)s.at[1] << 8 | (uint32_t)s.at[2] << 16 |
	       (uint32_t)s.at[3] << 24;
}

uint64_t rd_le64(struct rd *r);
void rd_copy(struct rd *r, void *to, size_t len);

// A reader over the next LEN bytes; R moves past them. If they are not there, R fails with
// ERR_SHORT and the child carries the same error.
struct rd rd_child(struct rd *r, size_t len);

// ERR_OK when nothing failed and nothing is left; ERR_FORMAT when bytes remain.
enum err rd_done(const struct rd *r) MUSTUSE;
