// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BLOCK 4096 // smallest block asked from the system

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	alignas(max_align_t) uint8_t bytes[];
};

void arena_init(struct arena *a, size_t limit)
{
	*a = (struct arena){ .limit = limit };
}

void arena_wipe(struct arena *a)
{
	for (struct arena_block *b = a->first; b != NULL;) {
		struct arena_block *next = b->next;
		free(b);
		b = next;
	}
	a->first = NULL;
	a->used = 0;
}

void arena_reset(struct arena *a)
{
	struct arena_block *keep = a->first;
	if (keep == NULL)
		return;
	a->first = keep->next;
	arena_wipe(a);
	keep->next = NULL;
	keep->used = 0;
	a->first = keep;
}

void *arena_take(struct arena *a, size_t size)
{
	size_t need = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	if (need < size || need > a->limit - a->used)
		return NULL;
	struct arena_block *b = a->first;
	if (b == NULL || b->size - b->used < need) {
		size_t room = need > ARENA_BLOCK ? need : ARENA_BLOCK;
		b = malloc(sizeof(*b) + room);
		if (b == NULL)
			return NULL;
		*b = (struct arena_block){ .next = a->first, .size = room };
		a->first = b;
	}
	void *at = b->bytes + b->used;
	b->used += need;
	a->used += need;
	return memset(at, 0, need);
}

char *arena_text(struct arena *a, struct span s)
{
	char *text = arena_take(a, s.len + 1);
	if (text != NULL && s.len > 0)
		memcpy(text, s.at, s.len);
	return text;
}
