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

// A copy of S that lives as long as the world; NULL is a memory fault already reported.
const char *world_text(const struct world_reading *r, struct span s);

enum err world_address(const struct world_reading *r, struct world_word word, struct addr *out);
enum err world_host_read(const struct world_reading *r, const struct world_line *line);

// Assigns what the file left open and checks what one line cannot know.
enum err world_fill(const struct world_reading *r);
