// SPDX-License-Identifier: Apache-2.0
#include "ingest/roll.h"

#include <stdlib.h>
#include <string.h>

#include "base/table.h"

struct roll {
	struct roll_key *entries; // owned
	size_t count, cap;
	struct table *by_id, *by_curve; // → index
};

struct roll *roll_new(void)
{
	static const uint64_t seed[2]; // an operator admits keys: nobody chooses collisions
	struct roll *k = calloc(1, sizeof(*k));
	if (k == NULL)
		return NULL;
	k->by_id = table_new(sizeof(int32_t), sizeof(uint32_t), ROLL_MAX, seed);
	k->by_curve = table_new(32, sizeof(uint32_t), ROLL_MAX, seed);
	if (k->by_id == NULL || k->by_curve == NULL)
		roll_free(&k);
	return k;
}

void roll_free(struct roll **k)
{
	if (*k == NULL)
		return;
	table_free(&(*k)->by_id);
	table_free(&(*k)->by_curve);
	free((*k)->entries);
	free(*k);
	*k = NULL;
}

enum err roll_put(struct roll *k, const struct roll_key *e)
{
	if (k->count == k->cap) {
		size_t cap = k->cap == 0 ? 64 : k->cap * 2;
		void *at = cap > ROLL_MAX ? NULL : realloc(k->entries, cap * sizeof(*e));
		if (at == NULL)
			return cap > ROLL_MAX ? ERR_FULL : ERR_MEMORY;
		k->entries = at;
		k->cap = cap;
	}
	uint32_t *id = table_put(k->by_id, &e->id, NULL);
	uint32_t *curve = table_put(k->by_curve, e->curve, NULL);
	if (id == NULL || curve == NULL)
		return ERR_MEMORY;
	*id = *curve = (uint32_t)k->count;
	k->entries[k->count++] = *e;
	return ERR_OK;
}

size_t roll_count(const struct roll *k)
{
	return k->count;
}

const struct roll_key *roll_find(const struct roll *k, int32_t id)
{
	const uint32_t *at = table_find(k->by_id, &id);
	return at == NULL ? NULL : &k->entries[*at];
}

const struct roll_key *roll_find_curve(const struct roll *k, const uint8_t curve[static 32])
{
	const uint32_t *at = table_find(k->by_curve, curve);
	return at == NULL ? NULL : &k->entries[*at];
}

// Walked only when a signature was not made with the session's own key, that is after a rotation.
const struct roll_key *roll_each_of(const struct roll *k, int32_t node,
				    const struct roll_key *after)
{
	for (size_t i = after == NULL ? 0 : (size_t)(after - k->entries) + 1; i < k->count; i++)
		if (k->entries[i].node == node)
			return &k->entries[i];
	return NULL;
}

bool roll_good(const struct roll_key *e, struct wall now)
{
	return e != NULL && !e->revoked && e->from.ns <= now.ns &&
	       (e->to.ns == 0 || now.ns < e->to.ns);
}
