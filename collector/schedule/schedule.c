// SPDX-License-Identifier: Apache-2.0
#include "schedule/schedule.h"

#include <stdlib.h>
#include <string.h>

struct schedule {
	struct schedule_order *orders; // owned, and the bytes of each
	size_t count, cap;
};

struct schedule *schedule_new(void)
{
	return calloc(1, sizeof(struct schedule));
}

void schedule_free(struct schedule **out)
{
	struct schedule *s = *out;
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->count; i++)
		free((void *)(uintptr_t)s->orders[i].signed_order.at);
	free(s->orders);
	free(s);
	*out = NULL;
}

enum err schedule_put(struct schedule *s, const struct schedule_order *o)
{
	if (s->count == SCHEDULE_MAX)
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

size_t schedule_count(const struct schedule *s)
{
	return s == NULL ? 0 : s->count;
}

bool schedule_each(const struct schedule *s, size_t *at, int32_t node, struct wall now,
		   struct schedule_order *out)
{
	while (*at < schedule_count(s)) {
		const struct schedule_order *o = &s->orders[(*at)++];
		if ((node != 0 && o->node != node) || o->expires.ns <= now.ns)
			continue;
		*out = *o;
		return true;
	}
	return false;
}
