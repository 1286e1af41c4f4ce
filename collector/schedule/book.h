// SPDX-License-Identifier: Apache-2.0
//
// The book of orders waiting for agents: what enters is the registry's list, what leaves is, for
// one node, the orders past a serial that have not expired. Orders are opaque signed bytes here:
// the collector relays them and cannot make them. Pure.
#pragma once

#include "base/err.h"
#include "base/span.h"
#include "base/time.h"

#define BOOK_MAX 20000 // orders waiting at once

struct book_order {
	int32_t node;
	uint64_t serial;
	struct wall expires;
	struct span signed_order; // borrowed from the book
};

struct book;

struct book *book_new(void);
void book_free(struct book **s);
// Copies the bytes.
enum err book_put(struct book *s, const struct book_order *o) MUSTUSE;
size_t book_count(const struct book *s);

// Orders in the order they were put; start with *AT = 0. NODE 0: of every node. False at the end.
bool book_each(const struct book *s, size_t *at, int32_t node, struct wall now,
	       struct book_order *out);
