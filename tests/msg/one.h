// SPDX-License-Identifier: Apache-2.0
//
// A batch of one record, for the tests of its codec: written, packed again by protobuf-c, and every
// bit of it flipped. Include it behind cmocka.h.
#pragma once

#include "msg/record.h"

#include "proto/record.pb-c.h"

static uint8_t one_room[BATCH_SIZE_MAX];

// Opens the batch; the record is written next.
static inline struct wr one_begin(void)
{
	static const struct batch_head head = { .node = { (const uint8_t *)"n", 1 },
						.seq = 1,
						.records = 1 };
	struct wr w = wr_of(one_room, sizeof(one_room));
	assert_int_equal(batch_head_write(&w, &head), ERR_OK);
	return w;
}

static inline void one_same(struct span a, struct span b)
{
	assert_true(span_eq(a, b));
}

// What we write is what protobuf-c packs.
static inline void one_packs(struct span s)
{
	static uint8_t again[BATCH_SIZE_MAX];
	Waymark__Batch *b = waymark__batch__unpack(NULL, s.len, s.at);
	assert_non_null(b);
	assert_int_equal(b->base.n_unknown_fields, 0);
	assert_int_equal(waymark__batch__pack(b, again), s.len);
	assert_memory_equal(again, s.at, s.len);
	waymark__batch__free_unpacked(b, NULL);
}

// LOOK sees every batch that still reads after one bit of S, which lies in one_room, was flipped.
static inline void one_flips(struct span s, void (*look)(const struct batch *b))
{
	struct arena arena;
	struct batch *b;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < 8 * s.len; i++) {
		one_room[i / 8] ^= (uint8_t)(1 << i % 8);
		if (batch_read(s, &arena, &b) == ERR_OK)
			look(b);
		one_room[i / 8] ^= (uint8_t)(1 << i % 8);
		arena_reset(&arena);
	}
	arena_wipe(&arena);
}
