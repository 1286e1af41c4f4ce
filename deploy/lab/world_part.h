// SPDX-License-Identifier: Apache-2.0
//
// What the parts of the world reader share: the world being filled, where in the file we are, and
// how to complain. Private to world_*.c.
#pragma once

#include "lab/world.h"
#include "lab/world_line.h"

struct world_reading {
	struct world *w;
	const char *file;
	int line;
	struct fault *f;
};

// "FILE:LINE: what; what to do"
enum err world_fault(const struct world_reading *r, enum err err, const char *format, ...)
	PRINTF(3, 4);

// A value is wrong and what it should be; a THING has no such key.
enum err world_bad_value(const struct world_reading *r, struct world_word word, const char *want);
enum err world_unknown_key(const struct world_reading *r, const char *thing,
			   struct world_word word);

// A copy of S that lives as long as the world; NULL is a memory fault already reported.
const char *world_text(const struct world_reading *r, struct span s);

enum err world_address(const struct world_reading *r, struct world_word word, struct addr *out);
enum err world_host_read(const struct world_reading *r, const struct world_line *line);

// The statements of world_dns.h, and what only the whole file can tell of them.
enum err world_net_read(const struct world_reading *r, const struct world_line *line);
enum err world_domain_read(const struct world_reading *r, const struct world_line *line);
enum err world_crowd_read(const struct world_reading *r, const struct world_line *line);
enum err world_inject_read(const struct world_reading *r, const struct world_line *line);
enum err world_count_read(const struct world_reading *r, struct world_word word, int max, int *out);
enum err world_false_read(const struct world_reading *r, struct world_word word,
			  struct world_false *out);
enum err world_dns_fill(const struct world_reading *r);

// Assigns what the file left open and checks what one line cannot know.
enum err world_fill(const struct world_reading *r);
