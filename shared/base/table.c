// SPDX-License-Identifier: Apache-2.0
#include "base/table.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_FIRST 16 // slots of a fresh table, a power of two

struct table {
	size_t key_size, value_size, slot_size, limit;
	uint64_t seed[2];
	size_t slots; // power of two
	size_t count;
	uint8_t *mark;  // per slot: 0 = free, else some of the hash
	uint8_t *store; // slots * slot_size: key, then value at an aligned offset
};

static inline uint64_t rotl(uint64_t v, int n)
{
	return v << n | v >> (64 - n);
}

static inline void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[0] = rotl(v[0], 32);
	v[2] += v[3];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

// The bytes from WHOLE on, fewer than eight, the first of them lowest.
static inline uint64_t tail_of(struct span s, size_t whole)
{
	uint64_t word = 0;
	if (s.len < 8) {
		for (size_t i = whole; i < s.len; i++)
			word |= (uint64_t)s.at[i] << (8 * (i - whole));
	} else if (s.len > whole) {
		memcpy(&word, s.at + s.len - 8, 8);
		word = le64toh(word) >> (8 * (8 - (s.len - whole)));
	}
	return word;
}

// SipHash-1-3 (Aumasson, Bernstein 2012).
uint64_t table_hash(const uint64_t seed[2], struct span s)
{
	uint64_t v[4] = {
		seed[0] ^ 0x736f6d6570736575ULL,
		seed[1] ^ 0x646f72616e646f6dULL,
		seed[0] ^ 0x6c7967656e657261ULL,
		seed[1] ^ 0x7465646279746573ULL,
	};
	uint64_t word;
	size_t whole = s.len & ~(size_t)7;
	for (size_t i = 0; i < whole; i += 8) {
		memcpy(&word, s.at + i, 8);
		v[3] ^= word;
		sip_round(v);
		v[0] ^= word;
	}
	word = tail_of(s, whole) | (uint64_t)s.len << 56;
	v[3] ^= word;
	sip_round(v);
	v[0] ^= word;
	v[2] ^= 0xff;
	sip_round(v);
	sip_round(v);
	sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static size_t aligned(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

static bool storage(struct table *t, size_t slots)
{
	uint8_t *mark = calloc(slots, 1);
	uint8_t *store = calloc(slots, t->slot_size);
	if (mark == NULL || store == NULL) {
		free(mark);
		free(store);
		return false;
	}
	t->mark = mark;
	t->store = store;
	t->slots = slots;
	return true;
}

struct table *table_new(size_t key_size, size_t value_size, size_t limit, const uint64_t seed[2])
{
	struct table *t = calloc(1, sizeof(*t));
	if (t == NULL)
		return NULL;
	t->key_size = key_size;
	t->value_size = value_size;
	t->slot_size = aligned(key_size) + aligned(value_size);
	t->limit = limit;
	memcpy(t->seed, seed, sizeof(t->seed));
	if (!storage(t, TABLE_FIRST))
		table_free(&t);
	return t;
}

void table_free(struct table **t)
{
	if (*t == NULL)
		return;
	free((*t)->mark);
	free((*t)->store);
	free(*t);
	*t = NULL;
}

static uint8_t *slot(const struct table *t, size_t i)
{
	return t->store + i * t->slot_size;
}

// Seven bits that do not choose the slot: most other keys are told apart without looking at them.
static uint8_t mark_of(uint64_t hash)
{
	return (uint8_t)(0x80 | hash >> 57);
}

// The slot that holds KEY, or the free one where it would go; *MARK is what marks it.
static size_t place(const struct table *t, const void *key, uint8_t *mark)
{
	size_t mask = t->slots - 1;
	uint64_t hash = table_hash(t->seed, span_of(key, t->key_size));
	size_t i = (size_t)hash & mask;
	*mark = mark_of(hash);
	while (t->mark[i] && (t->mark[i] != *mark || memcmp(slot(t, i), key, t->key_size) != 0))
		i = (i + 1) & mask;
	return i;
}

void *table_find(const struct table *t, const void *key)
{
	uint8_t mark;
	size_t i = place(t, key, &mark);
	return t->mark[i] ? slot(t, i) + aligned(t->key_size) : NULL;
}

static bool grow(struct table *t)
{
	struct table old = *t;
	if (!storage(t, old.slots * 2))
		return false;
	for (size_t i = 0; i < old.slots; i++) {
		if (!old.mark[i])
			continue;
		uint8_t mark;
		size_t to = place(t, slot(&old, i), &mark);
		t->mark[to] = mark;
		memcpy(slot(t, to), slot(&old, i), t->slot_size);
	}
	free(old.mark);
	free(old.store);
	return true;
}

void *table_put(struct table *t, const void *key, bool *fresh)
{
	uint8_t mark;
	size_t i = place(t, key, &mark);
	if (fresh != NULL)
		*fresh = !t->mark[i];
	if (!t->mark[i]) {
		if (t->count >= t->limit)
			return NULL;
		// Three quarters full is where linear probing starts to walk.
		if ((t->count + 1) * 4 > t->slots * 3) {
			if (!grow(t))
				return NULL;
			i = place(t, key, &mark);
		}
		t->mark[i] = mark;
		t->count++;
		memset(slot(t, i), 0, t->slot_size);
		memcpy(slot(t, i), key, t->key_size);
	}
	return slot(t, i) + aligned(t->key_size);
}

bool table_take(struct table *t, const void *key)
{
	size_t mask = t->slots - 1;
	uint8_t mark;
	size_t hole = place(t, key, &mark);
	if (!t->mark[hole])
		return false;
	// Close the hole: move back whatever would no longer be found past it.
	for (size_t i = (hole + 1) & mask; t->mark[i]; i = (i + 1) & mask) {
		size_t home = (size_t)table_hash(t->seed, span_of(slot(t, i), t->key_size)) & mask;
		if (((i - home) & mask) >= ((i - hole) & mask)) {
			memcpy(slot(t, hole), slot(t, i), t->slot_size);
			t->mark[hole] = t->mark[i];
			hole = i;
		}
	}
	t->mark[hole] = 0;
	t->count--;
	return true;
}

size_t table_count(const struct table *t)
{
	return t->count;
}

bool table_each(const struct table *t, size_t *at, const void **key, void **value)
{
	while (*at < t->slots && !t->mark[*at])
		++*at;
	if (*at >= t->slots)
		return false;
	*key = slot(t, *at);
	*value = slot(t, *at) + aligned(t->key_size);
	++*at;
	return true;
}
