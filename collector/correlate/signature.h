// SPDX-License-Identifier: Apache-2.0
//
// Signatures of pages: compiled once, looked for in the order they were put in. What enters: PCRE
// patterns of strangers and bodies of strangers, so both are bounded: a pattern that meets the
// match limit on a page is counted and passed over. What leaves: the first that matched. It knows
// neither the database nor what a match means.
#pragma once

#include "base/err.h"
#include "base/span.h"
#include "base/wr.h"

#define SIGNATURE_PATTERN_MAX 4096   // bytes of one pattern
#define SIGNATURE_STEPS       200000 // match limit of one pattern on one page
#define SIGNATURE_HEAP        1024   // KiB one match may use

struct signatures;

struct signature_hit {
	int64_t id;       // 0: none matched
	uint32_t gave_up; // patterns that met the limit
};

struct signatures *signatures_new(void);
void signatures_free(struct signatures **s);

// A dot is any byte. ERR_FORMAT: no PCRE; FAULT says what and where.
enum err signatures_put(struct signatures *s, int64_t id, struct span pattern,
			struct fault *f) MUSTUSE;
size_t signatures_count(const struct signatures *s);

struct signature_hit signatures_find(const struct signatures *s, struct span page);

// Any text as a pattern that matches just it, in OUT; ERR_FULL when it does not fit.
enum err signature_quote(struct span text, struct wr *out) MUSTUSE;
