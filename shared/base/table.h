// SPDX-License-Identifier: Apache-2.0
//
// Hash table from a fixed-size key to a fixed-size value, open addressing, bounded. The hash is
// SipHash-1-3 under a seed, so that keys chosen by strangers cannot make it slow. Value pointers
// stay good until the next put or take.
#pragma once

#include "base/err.h"
#include "base/span.h"

struct table;

// LIMIT: most entries it will ever hold; storage grows by doubling up to that. SEED: two random
// words (zero is fine where keys are our own). NULL when there is no memory.
struct table *table_new(size_t key_size, size_t value_size, size_t limit, const uint64_t seed[2]);
void table_free(struct table **t);

// NULL when absent.
void *table_find(const struct table *t, const void *key);

// The value for KEY, zeroed when new (*FRESH tells, and may be NULL). NULL at the limit or without
// memory.
void *table_put(struct table *t, const void *key, bool *fresh);

// True when it was there.
bool table_take(struct table *t, const void *key);

size_t table_count(const struct table *t);

// Walks all entries in no order: start with *AT = 0, returns false at the end. No put or take
// between steps.
bool table_each(const struct table *t, size_t *at, const void **key, void **value);

// The hash itself, for those who need one (RFC 9018 uses the same family).
uint64_t table_hash(const uint64_t seed[2], struct span s);
