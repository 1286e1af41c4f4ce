// SPDX-License-Identifier: Apache-2.0
//
// A borrowed run of bytes. Never owns, never ends in NUL.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
	const uint8_t *at;
	size_t len;
};

static inline struct span span_of(const void *at, size_t len)
{
	return (struct span){ .at = at, .len = len };
}

// A C string without its NUL.
static inline struct span span_text(const char *text)
{
	return span_of(text, strlen(text));
}

bool span_eq(struct span a, struct span b);

// Bytes FROM.. of S, at most LEN of them; empty when FROM lies past the end.
static inline struct span span_cut(struct span s, size_t from, size_t len)
{
	if (from >= s.len)
		return (struct span){ NULL, 0 };
	size_t left = s.len - from;
	return span_of(s.at + from, len < left ? len : left);
}

// True when INNER lies wholly inside OUTER (an empty inner span always does).
bool span_within(struct span inner, struct span outer);
