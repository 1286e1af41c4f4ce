// SPDX-License-Identifier: Apache-2.0
#include <assert.h>

#include "msg/order.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// What was read can be written, and reads to the same bytes again.
static void check(const struct order *o, struct arena *arena)
{
	static uint8_t once[2 * ORDER_SIZE_MAX], twice[2 * ORDER_SIZE_MAX];
	static struct order again;
	struct wr a = wr_of(once, sizeof(once)), b = wr_of(twice, sizeof(twice));
	if (order_write(&a, o) != ERR_OK || a.len > ORDER_SIZE_MAX)
		return;
	enum err err = order_read(wr_span(&a), arena, &again);
	if (err == ERR_FULL)
		return;
	assert(err == ERR_OK);
	assert(order_write(&b, &again) == ERR_OK);
	assert(span_eq(wr_span(&a), wr_span(&b)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct order o;
	struct signed_order s;
	struct arena arena;
	arena_init(&arena, 1 << 22);
	struct span in = span_of(data, size);
	if (order_read(in, &arena, &o) == ERR_OK)
		check(&o, &arena);
	if (signed_order_read(in, &arena, &s) == ERR_OK && order_read(s.body, &arena, &o) == ERR_OK)
		check(&o, &arena);
	arena_wipe(&arena);
	return 0;
}
