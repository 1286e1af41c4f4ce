// SPDX-License-Identifier: Apache-2.0
//
// One line of a world file, cut into words. A word is `flag`, `key=value` or `key="a value"`.
#pragma once

#include "base/err.h"
#include "base/span.h"
#include "wire/icmp.h"

#define WORLD_WORDS_MAX 40 // in a line

struct world_word {
	struct span key;
	struct span value; // .at is NULL for a flag
};

struct world_line {
	struct world_word words[WORLD_WORDS_MAX];
	int count;
};

// ERR_FULL: too many words; ERR_FORMAT: an open quote or a control character.
enum err world_line_read(struct span text, struct world_line *out) MUSTUSE;

// "5ms", "80us", "1s": nanoseconds within 0..10 s.
enum err world_delay_read(struct span text, int64_t *out) MUSTUSE;

// "0.5%": a fraction within 0..1.
enum err world_loss_read(struct span text, double *out) MUSTUSE;

// "16:0:1,1048575:7:255": labels from the top of the stack, with traffic class and TTL; the last is
// marked as its bottom.
#define WORLD_MPLS_MAX 8
enum err world_mpls_read(struct span text, struct mpls_entry out[static WORLD_MPLS_MAX],
			 int *count) MUSTUSE;

// A name may become part of a file name: letters, digits, `-`, `_`, `.`; starts with a letter or
// digit.
bool world_name_good(struct span name);
