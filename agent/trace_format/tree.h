// SPDX-License-Identifier: Apache-2.0
//
// JSON text as a tree on an arena, RFC 8259, strict. Every value keeps its text as it stood, so
// that what is not understood can be handed on unchanged. No recursion, depth and count bounded.
#pragma once

#include "base/addr.h"
#include "base/arena.h"
#include "base/err.h"

#define TREE_DEPTH 24

enum tree_kind { TREE_NULL, TREE_BOOL, TREE_NUMBER, TREE_TEXT, TREE_ARRAY, TREE_OBJECT };

struct tree {
	enum tree_kind kind;
	struct span key; // within an object, unescaped bytes as they stood between the quotes
	struct span raw; // the whole value; borrowed from the input
	struct tree *child, *last, *next;
};

// The whole of TEXT, blanks around it allowed, is one value. ERR_FORMAT, ERR_MEMORY.
enum err tree_read(struct arena *a, struct span text, struct tree **out) MUSTUSE;

const struct tree *tree_find(const struct tree *object, const char *key); // NULL: none

// Values of members; false (and OUT untouched) when absent or of another kind or range.
bool tree_u64(const struct tree *object, const char *key, uint64_t max, uint64_t *out);
bool tree_addr(const struct tree *object, const char *key, struct addr *out);
struct span tree_text(const struct tree *object, const char *key); // escapes as they stood

// A decimal number times 1000, exact: false when it has more than three decimals.
bool tree_milli(const struct tree *object, const char *key, uint64_t *out);
