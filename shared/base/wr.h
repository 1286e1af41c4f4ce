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

// Room for LEN bytes to be filled in later; NULL after an overflow.
static inline uint8_t *wr_reserve(struct wr *w, size_t len)
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

static inline void wr_u8(struct wr *w, uint8_t v)
{
	uint8_t *at = wr_reserve(w, 1);
	if (at != NULL)
		*at = v;
}

static inline void wr_u16(struct wr *w, uint16_t v)
{
	uint8_t *at = wr_reserve(w, 2);
	if (at == NULL)
		return;
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

void wr_u32(struct wr *w, uint32_t v);
void wr_u64(struct wr *w, uint64_t v);

static inline void wr_le16(struct wr *w, uint16_t v)
{
	uint8_t *at = wr_reserve(w, 2);
	if (at == NULL)
		return;
	at[0] = (uint8_t)v;
	at[1] = (uint8_t)(v >> 8);
}

void wr_le32(struct wr *w, uint32_t v);
void wr_le64(struct wr *w, uint64_t v);

static inline void wr_bytes(struct wr *w, struct span s)
{
	uint8_t *at = wr_reserve(w, s.len);
	if (at != NULL && s.len > 0)
		memcpy(at, s.at, s.len);
}

void wr_zero(struct wr *w, size_t len);
void wr_text(struct wr *w, const char *text);
void wr_format(struct wr *w, const char *format, ...) PRINTF(2, 3);
