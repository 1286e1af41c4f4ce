// SPDX-License-Identifier: Apache-2.0
//
// The two tables, read from the views and held as a matrix: a row per region (and group), a column
// per path. The network path is column 0, the four messengers of the published tables come next,
// further ones after them by name.
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "cli/grid.h"
#include "pg/pg.h"

#define EXPOSURE_PATHS 32
#define EXPOSURE_TEXT  96

struct exposure_cell {
	uint32_t n, hit,
		unknown; // pairs; those that leave or are accessible; not seen to, with gaps
	uint32_t self;   // self pairs among n
};

struct exposure_row {
	char region[EXPOSURE_TEXT], m49[16], group[EXPOSURE_TEXT];
	struct exposure_cell cell[EXPOSURE_PATHS];
};

struct exposure {
	bool groups;    // else: leaving
	bool intervals; // add exact bounds
	bool no_self;   // self pairs are left out
	char set[128];
	char path[EXPOSURE_PATHS][64];
	size_t paths, count;
	struct exposure_row *rows; // owned
};

// ROWS: of the statements exposure_leaving and exposure_groups.
enum err exposure_read(struct exposure *e, const struct pg_rows *rows, struct fault *f) MUSTUSE;
void exposure_wipe(struct exposure *e);

void exposure_print(const struct exposure *e, enum grid_form form, FILE *out);
