// SPDX-License-Identifier: Apache-2.0
//
// A collector as small as can be, for tests of the spool: records are numbered, a batch is a head
// and fields, and everything stored is remembered.
#pragma once

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/rd.h"
#include "base/wr.h"
#include "spool/spool.h"

#define MODEL_IDS 100000

struct model {
	struct seal_secret secret;
	struct seal_public public;
	uint64_t epoch, last;      // cursor
	uint8_t stored[MODEL_IDS]; // how often
	uint64_t count, lost, gaps;
};

static inline enum err model_head(void *self, struct wr *w, uint64_t epoch, uint64_t seq,
				  uint32_t records)
{
	(void)self;
	wr_u64(w, epoch);
	wr_u64(w, seq);
	wr_u32(w, records);
	return w->err;
}

static inline enum err model_gap(void *self, struct wr *w, const struct spool_gap *g)
{
	(void)self;
	wr_u8(w, 'G');
	wr_u32(w, 33);
	wr_u8(w, (uint8_t)g->reason);
	wr_u64(w, g->records);
	wr_u64(w, g->bytes);
	wr_u64(w, g->first_seq);
	wr_u64(w, g->last_seq);
	return w->err;
}

static inline struct span model_record(uint64_t id, size_t size)
{
	static uint8_t room[SPOOL_FIELD_MAX];
	struct wr w = wr_of(room, sizeof(room));
	wr_u8(&w, 'R');
	wr_u32(&w, (uint32_t)(size + 8));
	wr_u64(&w, id);
	for (size_t i = 0; i < size; i++)
		wr_u8(&w, (uint8_t)(id * 7 + i));
	assert(w.err == ERR_OK);
	return wr_span(&w);
}

static inline void model_field(struct model *m, uint8_t type, struct rd *r)
{
	if (type == 'G') {
		uint8_t reason = rd_u8(r);
		assert(reason < SPOOL_LOSS_COUNT);
		m->lost += rd_u64(r);
		m->gaps++;
		rd_skip(r, 24);
	} else {
		assert(type == 'R');
		uint64_t id = rd_u64(r);
		assert(id < MODEL_IDS);
		for (size_t i = 0; rd_left(r) > 0; i++)
			assert(rd_u8(r) == (uint8_t)(id * 7 + i));
		m->stored[id]++;
		assert(m->stored[id] == 1); // exactly once
		m->count++;
	}
	assert(rd_done(r) == ERR_OK);
}

// Takes batch SEQ as a collector would: duplicates dropped, no holes, everything verified.
static inline void model_take(struct model *m, uint64_t seq, const struct spool_batch *b)
{
	assert(seal_verify(SEAL_BATCH, b->body, m->public.sign, b->signature));
	struct rd r = rd_of(b->body);
	uint64_t epoch = rd_u64(&r);
	assert(m->epoch == 0 || m->epoch == epoch);
	m->epoch = epoch;
	assert(rd_u64(&r) == seq);
	uint32_t records = rd_u32(&r), seen = 0;
	if (seq <= m->last)
		return;
	assert(seq == m->last + 1);
	for (; rd_left(&r) > 0; seen++) {
		uint8_t type = rd_u8(&r);
		uint32_t len = rd_u32(&r);
		struct rd field = rd_child(&r, len);
		assert(r.err == ERR_OK);
		model_field(m, type, &field);
	}
	assert(seen == records);
	m->last = seq;
}

// Takes up to MOST batches from the spool.
static inline void model_drain(struct model *m, struct spool *s, uint64_t most)
{
	struct spool_state st = spool_state(s);
	uint64_t from = m->last + 1 > st.first_unacked ? m->last + 1 : st.first_unacked;
	for (uint64_t seq = from; seq < st.next_seq && most > 0; seq++, most--) {
		struct spool_batch b;
		enum err err = spool_peek(s, seq, &b, NULL);
		assert(err == ERR_OK);
		model_take(m, seq, &b);
	}
}

static inline struct spool_config model_config(struct model *m, const char *dir)
{
	return (struct spool_config){
		.dir = dir,
		.secret = &m->secret,
		.head = model_head,
		.gap = model_gap,
		.segment = 512 * 1024,
		.hard = 64ULL << 20,
	};
}
