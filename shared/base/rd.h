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

size_t rd_left(const struct rd *r);

// Everything not yet read, without reading it.
struct span rd_rest(const struct rd *r);

uint8_t rd_u8(struct rd *r);
uint16_t rd_u16(struct rd *r);
uint32_t rd_u24(struct rd *r);
uint32_t rd_u32(struct rd *r);
uint64_t rd_u64(struct rd *r);
uint16_t rd_le16(struct rd *r);
uint32_t rd_le32(struct rd *r);
uint64_t rd_le64(struct rd *r);

// The next LEN bytes, borrowed. Fewer left: ERR_SHORT sticks and the span is empty.
struct span rd_span(struct rd *r, size_t len);
void rd_skip(struct rd *r, size_t len);
void rd_copy(struct rd *r, void *to, size_t len);

// A reader over the next LEN bytes; R moves past them. If they are not there, R fails with
// ERR_SHORT and the child carries the same error.
struct rd rd_child(struct rd *r, size_t len);

// Makes R fail with ERR unless it already failed.
void rd_fail(struct rd *r, enum err err);

// ERR_OK when nothing failed and nothing is left; ERR_FORMAT when bytes remain.
enum err rd_done(const struct rd *r) MUSTUSE;
