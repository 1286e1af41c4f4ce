// SPDX-License-Identifier: Apache-2.0
//
// Rows of text cells, printed as an aligned table for people, as CSV (RFC 4180, CRLF-free lines) or
// as JSON lines. Numbers are recognised by their look and set to the right.
#pragma once

#include <stdio.h>

#include "base/err.h"

enum grid_form {
	GRID_TABLE,
	GRID_CSV,
	GRID_JSON, // one object per row; cells that are numbers, true or false stay bare
};

struct grid;

// HEADINGS: NULL-terminated, borrowed for the life of the grid.
struct grid *grid_new(const char *const *headings);
void grid_free(struct grid **g);

// One cell; rows fill from left to right. NULL is an absent value (empty, or null in JSON).
void grid_put(struct grid *g, const char *text);
void grid_putf(struct grid *g, const char *format, ...) PRINTF(2, 3);

void grid_print(const struct grid *g, enum grid_form form, FILE *out);
