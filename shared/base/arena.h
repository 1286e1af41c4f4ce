// SPDX-License-Identifier: Apache-2.0
//
// Memory that lives as long as one job and dies with it, with a stated bound.
#pragma once

#include "base/span.h"

struct arena_block;

struct arena {
	struct arena_block *first; // owned
	size_t used, limit;        // bytes handed out, and the most that may be
};

void arena_init(struct arena *a, size_t limit);
void arena_wipe(struct arena *a);  // gives everything back
void arena_reset(struct arena *a); // forgets everything, keeps the newest block

// Zeroed, aligned for any type; NULL past the limit or without memory.
void *arena_take(struct arena *a, size_t size);

// A NUL-terminated copy of S; NULL as above.
char *arena_text(struct arena *a, struct span s);
