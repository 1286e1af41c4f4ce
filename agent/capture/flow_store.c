// SPDX-License-Identifier: Apache-2.0
#include "capture/flow_store.h"

#include <stdlib.h>
#include <string.h>

#include "base/table.h"

bool flow_store_init(struct flow_store *s, size_t limit, const uint64_t seed[2])
{
	*s = (struct flow_store){ .limit = (uint32_t)(limit > 0 ? limit : 1) };
	s->free = s->oldest = s->newest = s->eldest = s->youngest = FLOW_NONE;
	memcpy(s->seed, seed, sizeof(s->seed));
	size_t heads = 16;
	while (heads < s->limit)
		heads *= 2;
	s->mask = (uint32_t)heads - 1;
	s->slots = calloc(s->limit, sizeof(*s->slots));
	s->heads = malloc(heads * sizeof(*s->heads));
	if (s->slots == NULL || s->heads == NULL) {
		flow_store_wipe(s);
		return false;
	}
	memset(s->heads, 0xff, heads * sizeof(*s->heads)); // all FLOW_NONE
	return true;
}

void flow_store_wipe(struct flow_store *s)
{
	free(s->slots);
	free(s->heads);
	s->slots = NULL;
	s->heads = NULL;
}

static void pack(uint8_t *to, const struct addr *a, uint16_t port)
{
	memcpy(to, a->bytes, 16);
	memcpy(to + 16, &port, 2);
}

uint32_t flow_store_hash(const struct flow_store *s, const struct flow_key *k)
{
	uint8_t bytes[40] = { 0 };
	int order = memcmp(k->a.bytes, k->b.bytes, 16);
	bool swap = order > 0 || (order == 0 && k->aport > k->bport);
	pack(bytes, swap ? &k->b : &k->a, swap ? k->bport : k->aport);
	pack(bytes + 18, swap ? &k->a : &k->b, swap ? k->aport : k->bport);
	bytes[36] = k->proto;
	bytes[37] = k->a.family;
	return (uint32_t)table_hash(s->seed, span_of(bytes, sizeof(bytes)));
}

static bool same(const struct flow_key *x, const struct flow_key *y)
{
	return x->aport == y->aport && x->bport == y->bport && x->proto == y->proto &&
	       addr_eq(x->a, y->a) && addr_eq(x->b, y->b);
}

uint32_t flow_store_find(const struct flow_store *s, const struct flow_key *key, uint32_t hash,
			 bool *back)
{
	const struct flow_key turned = {
		.proto = key->proto,
		.a = key->b,
		.b = key->a,
		.aport = key->bport,
		.bport = key->aport,
	};
	for (uint32_t i = s->heads[hash & s->mask]; i != FLOW_NONE; i = s->slots[i].chain) {
		const struct flow_slot *slot = &s->slots[i];
		if (slot->hash != hash)
			continue;
		*back = false;
		if (same(&slot->flow.key, key))
			return i;
		*back = true;
		if (same(&slot->flow.key, &turned))
			return i;
	}
	return FLOW_NONE;
}

static void link_newest(struct flow_store *s, uint32_t at)
{
	struct flow_slot *slot = &s->slots[at];
	slot->older = s->newest;
	slot->newer = FLOW_NONE;
	if (s->newest != FLOW_NONE)
		s->slots[s->newest].newer = at;
	else
		s->oldest = at;
	s->newest = at;
}

static void unlink_use(struct flow_store *s, uint32_t at)
{
	const struct flow_slot *slot = &s->slots[at];
	if (slot->older != FLOW_NONE)
		s->slots[slot->older].newer = slot->newer;
	else
		s->oldest = slot->newer;
	if (slot->newer != FLOW_NONE)
		s->slots[slot->newer].older = slot->older;
	else
		s->newest = slot->older;
}

static void link_youngest(struct flow_store *s, uint32_t at)
{
	struct flow_slot *slot = &s->slots[at];
	slot->elder = s->youngest;
	slot->younger = FLOW_NONE;
	if (s->youngest != FLOW_NONE)
		s->slots[s->youngest].younger = at;
	else
		s->eldest = at;
	s->youngest = at;
}

static void unlink_birth(struct flow_store *s, uint32_t at)
{
	const struct flow_slot *slot = &s->slots[at];
	if (slot->elder != FLOW_NONE)
		s->slots[slot->elder].younger = slot->younger;
	else
		s->eldest = slot->younger;
	if (slot->younger != FLOW_NONE)
		s->slots[slot->younger].elder = slot->elder;
	else
		s->youngest = slot->elder;
}

uint32_t flow_store_put(struct flow_store *s, const struct flow_key *key, uint32_t hash)
{
	uint32_t at = s->free;
	if (at != FLOW_NONE)
		s->free = s->slots[at].chain;
	else if (s->fresh < s->limit)
		at = s->fresh++;
	else
		return FLOW_NONE;
	uint32_t *head = &s->heads[hash & s->mask];
	s->slots[at] = (struct flow_slot){ .flow.key = *key, .hash = hash, .chain = *head };
	*head = at;
	link_newest(s, at);
	link_youngest(s, at);
	s->count++;
	return at;
}

void flow_store_take(struct flow_store *s, uint32_t at)
{
	struct flow_slot *slot = &s->slots[at];
	uint32_t *link = &s->heads[slot->hash & s->mask];
	while (*link != at)
		link = &s->slots[*link].chain;
	*link = slot->chain;
	unlink_use(s, at);
	unlink_birth(s, at);
	slot->chain = s->free;
	s->free = at;
	s->count--;
}

void flow_store_touch(struct flow_store *s, uint32_t at)
{
	if (s->newest == at)
		return;
	unlink_use(s, at);
	link_newest(s, at);
}
