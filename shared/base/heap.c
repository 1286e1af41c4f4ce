// SPDX-License-Identifier: Apache-2.0
#include "base/heap.h"

#include <stdlib.h>

void heap_init(struct heap *h, size_t limit)
{
	*h = (struct heap){ .limit = limit };
}

void heap_wipe(struct heap *h)
{
	free(h->items);
	*h = (struct heap){ 0 };
}

static void swap(struct heap *h, size_t a, size_t b)
{
	struct heap_item t = h->items[a];
	h->items[a] = h->items[b];
	h->items[b] = t;
}

static bool less(const struct heap *h, size_t a, size_t b)
{
	return mono_before(h->items[a].at, h->items[b].at);
}

static enum err grow(struct heap *h)
{
	if (h->count >= h->limit)
		return ERR_FULL;
	if (h->count < h->cap)
		return ERR_OK;
	size_t cap = h->cap == 0 ? 16 : h->cap * 2;
	struct heap_item *items = reallocarray(h->items, cap, sizeof(*items));
	if (items == NULL)
		return ERR_MEMORY;
	h->items = items;
	h->cap = cap;
	return ERR_OK;
}

enum err heap_put(struct heap *h, struct mono at, uint64_t id)
{
	enum err err = grow(h);
	if (err != ERR_OK)
		return err;
	size_t i = h->count++;
	h->items[i] = (struct heap_item){ at, id };
	while (i > 0 && less(h, i, (i - 1) / 2)) {
		swap(h, i, (i - 1) / 2);
		i = (i - 1) / 2;
	}
	return ERR_OK;
}

struct mono heap_first(const struct heap *h)
{
	return h->count > 0 ? h->items[0].at : MONO_NEVER;
}

bool heap_take(struct heap *h, struct mono now, struct heap_item *out)
{
	if (h->count == 0 || mono_before(now, h->items[0].at))
		return false;
	*out = h->items[0];
	h->items[0] = h->items[--h->count];
	for (size_t i = 0;;) {
		size_t low = i;
		if (2 * i + 1 < h->count && less(h, 2 * i + 1, low))
			low = 2 * i + 1;
		if (2 * i + 2 < h->count && less(h, 2 * i + 2, low))
			low = 2 * i + 2;
		if (low == i)
			return true;
		swap(h, i, low);
		i = low;
	}
}
