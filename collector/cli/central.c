// SPDX-License-Identifier: Apache-2.0
#include "cli/central.h"

#include <stdio.h>

enum err central_open(const struct central *c, enum pg_role role, struct pg **out, struct fault *f)
{
	struct place place;
	enum err err = place_find(c->data, c->db, &place, f);
	return err == ERR_OK ? pg_open(place.conninfo, role, out, f) : err;
}

enum grid_form central_form(const struct central *c)
{
	return c->json ? GRID_JSON : c->csv ? GRID_CSV : GRID_TABLE;
}

void central_print(const struct central *c, const struct pg_rows *rows, const char *const *headings)
{
	size_t columns = 0;
	while (headings[columns] != NULL)
		columns++;
	AUTO(grid_free) struct grid *g = grid_new(headings);
	for (size_t r = 0; g != NULL && r < pg_rows_count(rows); r++)
		for (size_t i = 0; i < columns; i++)
			grid_put(g, pg_rows_text(rows, r, i));
	if (g != NULL)
		grid_print(g, central_form(c), stdout);
}

int central_end(const char *program, enum err err, const struct fault *f)
{
	return err == ERR_OK ? 0 : cli_fail(program, f);
}

enum err central_words(const struct cli *cli, size_t least, size_t most, const char *synopsis,
		       struct fault *f)
{
	if (cli->count >= least && cli->count <= most)
		return ERR_OK;
	return fault_set(f, ERR_USAGE, 0, "usage: %s", synopsis);
}
