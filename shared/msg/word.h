// SPDX-License-Identifier: Apache-2.0
//
// Words for the values of an enum: a table by value, whose first word stands for every value that
// has none of its own. Private to this room.
#pragma once

#include "base/text.h"

static inline const char *word_of(const char *const *words, size_t count, size_t value)
{
	return value < count && words[value] != NULL ? words[value] : words[0];
}

// The value of a word, never 0. ERR_FORMAT: none.
static inline enum err word_read(const char *const *words, size_t count, struct span in,
				 size_t *out)
{
	for (size_t i = 1; i < count; i++) {
		if (words[i] == NULL || !text_is(in, words[i]))
			continue;
		*out = i;
		return ERR_OK;
	}
	return ERR_FORMAT;
}
