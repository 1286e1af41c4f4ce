// SPDX-License-Identifier: Apache-2.0
#include "names/asked.h"

#include <stdlib.h>
#include <string.h>

#include "base/table.h"

struct asked {
	struct table *young, *old; // owned; an address is in one of them
	size_t half;
	uint64_t seed[2];
};

static struct table *half_new(const struct asked *a)
{
	return table_new(sizeof(struct addr), 1, a->half, a->seed);
}

struct asked *asked_new(size_t most, const uint64_t seed[2])
{
	struct asked *a = calloc(1, sizeof(*a));
	if (a == NULL)
		return NULL;
	a->half = most / 2;
	memcpy(a->seed, seed, sizeof(a->seed));
	a->young = half_new(a);
	a->old = half_new(a);
	if (a->young == NULL || a->old == NULL)
		asked_free(&a);
	return a;
}

void asked_free(struct asked **a)
{
	if (*a == NULL)
		return;
	table_free(&(*a)->young);
	table_free(&(*a)->old);
	free(*a);
	*a = NULL;
}

bool asked_put(struct asked *a, struct addr addr)
{
	bool fresh = false;
	if (table_find(a->old, &addr) != NULL)
		return false;
	if (table_count(a->young) == a->half && table_find(a->young, &addr) == NULL) {
		struct table *empty = half_new(a);
		if (empty == NULL)
			return false;
		table_free(&a->old);
		a->old = a->young;
		a->young = empty;
	}
	return table_put(a->young, &addr, &fresh) != NULL && fresh;
}

void asked_take(struct asked *a, struct addr addr)
{
	if (!table_take(a->young, &addr))
		(void)table_take(a->old, &addr);
}
