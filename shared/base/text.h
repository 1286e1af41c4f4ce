// SPDX-License-Identifier: Apache-2.0
//
// Words and numbers out of borrowed text, and into it: strict, whole-input, no locale.
#pragma once

#include "base/err.h"
#include "base/span.h"

// Decimal only; the whole of S must be the number. ERR_RANGE outside MIN..MAX.
enum err text_u64(struct span s, uint64_t min, uint64_t max, uint64_t *out) MUSTUSE;
enum err text_i64(struct span s, int64_t min, int64_t max, int64_t *out) MUSTUSE;
enum err text_f64(struct span s, double min, double max, double *out) MUSTUSE;

bool text_is(struct span s, const char *word);

// Without leading and trailing blanks, tabs, CR and LF.
struct span text_trim(struct span s);

// The part before the first SEP; *REST becomes what follows it. When there is no SEP the whole is
// returned and *REST is empty with a NULL start, which tells "no more" from "one more, empty".
struct span text_cut(struct span *rest, char sep);

// The next word of *REST, words being parted by blanks and tabs; empty when there is none.
struct span text_word(struct span *rest);

// Copies S with a NUL; ERR_FULL when it does not fit (OUT is then empty).
enum err text_copy(char *out, size_t cap, struct span s) MUSTUSE;

// Exactly COUNT decimal digits of V, without a NUL; gives what follows them. What more it has is
// cut off in front: text_digit_count tells how many it has.
char *text_digits(char *to, uint64_t v, int count);
int text_digit_count(uint64_t v);

// Lower-case hex, both ways. OUT of text_hex has room for 2 * s.len + 1 bytes.
void text_hex(struct span s, char *out);
enum err text_unhex(struct span s, uint8_t *out, size_t len) MUSTUSE;
