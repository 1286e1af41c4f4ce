// SPDX-License-Identifier: Apache-2.0
#include "schedule/book.h"

#include <stdlib.h>
#include <string.h>

struct book {
	struct book_order *orders; // owned, and the bytes of each
	size_t count, cap;
};

struct book *book_new(void)
{
	return calloc(1, sizeof(struct book));
}

void book_free(struct book **out)
{
	struct book *s = *out;
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->count; i++)
		free((void *)(uintptr_t)s->orders[i].signed_order.at);
	free(s->orders);
	free(s);
	*out = NULL;
}

enum err book_put(struct book *s, const struct book_order *o)
{
	if (s->count == BOOK_MAX)
		return ERR_FULL;
	if (s->count == s->cap) {
		size_t cap = s->cap == 0 ? 16 : s->cap * 2;
		void *at = realloc(s->orders, cap * sizeof(*o));
		if (at == NULL)
			return ERR_MEMORY;
		s->orders = at;
		s->cap = cap;
	}
	uint8_t *bytes = malloc(o->signed_order.len + 1);
	if (bytes == NULL)
		return ERR_MEMORY;
	memcpy(bytes, o->signed_order.at, o->signed_order.len);
	s->orders[s->count] = *o;
	s->orders[s->count++].signed_order.at = bytes;
	return ERR_OK;
}

size_t book_count(const struct book *s)
{
	return s == NULL ? 0 : s->count;
}

bool book_each(const struct book *s, size_t *at, int32_t node, struct wall now,
	       struct book_order *out)
{
	while (*at < book_count(s)) {
		const struct book_order *o = &s->orders[(*at)++];
		if ((node != 0 && o->node != node) || o->expires.ns <= now.ns)
			continue;
		*out = *o;
		return true;
	}
	return false;
}
