// SPDX-License-Identifier: Apache-2.0
//
// Bounded writer into storage the caller owns. The first overflow sticks as ERR_FULL and later
// writes do nothing, so an encoder writes straight through and checks `wr.err` once.
#pragma once

#include "base/err.h"
#include "base/span.h"

struct wr {
	uint8_t *at;
	size_t cap;
	size_t len; // <= cap
	enum err err;
};

static inline struct wr wr_of(void *at, size_t cap)
{
	return (struct wr){ .at = at, .cap = cap, .len = 0, .err = ERR_OK };
}

// What was written so far, borrowed.
static inline struct span wr_span(const struct wr *w)
{
	return span_of(w->at, w->len);
}

void wr_u8(struct wr *w, uint8_t v);
void wr_u16(struct wr *w, uint16_t v);
void wr_u32(struct wr *w, uint32_t v);
void wr_u64(struct wr *w, uint64_t v);
void wr_le16(struct wr *w, uint16_t v);
void wr_le32(struct wr *w, uint32_t v);
void wr_le64(struct wr *w, uint64_t v);
void wr_bytes(struct wr *w, struct span s);
void wr_zero(struct wr *w, size_t len);
void wr_text(struct wr *w, const char *text);
void wr_format(struct wr *w, const char *format, ...) PRINTF(2, 3);

// Room for LEN bytes to be filled in later; NULL after an overflow.
uint8_t *wr_reserve(struct wr *w, size_t len);
