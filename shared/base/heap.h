// SPDX-License-Identifier: Apache-2.0
//
// Binary min-heap of (deadline, id): the timers of an engine. There is no removal: an engine that
// changed its mind lets the stale entry come up and finds that it no longer applies.
#pragma once

#include "base/time.h"

struct heap_item {
	struct mono at;
	uint64_t id;
};

struct heap {
	struct heap_item *items; // owned
	size_t count, cap, limit;
};

// LIMIT: most entries; storage grows by doubling.
void heap_init(struct heap *h, size_t limit);
void heap_wipe(struct heap *h);

// ERR_FULL at the limit, ERR_MEMORY without memory.
enum err heap_put(struct heap *h, struct mono at, uint64_t id) MUSTUSE;

// The earliest, or MONO_NEVER when empty.
struct mono heap_first(const struct heap *h);

// Takes the earliest entry due at NOW; false when none is due.
bool heap_take(struct heap *h, struct mono now, struct heap_item *out);
