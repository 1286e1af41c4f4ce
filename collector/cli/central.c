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

static const struct conf_option plain_options[] = { CENTRAL_OPTIONS, { .name = NULL } };

int central_list(int argc, char **argv, const struct central_list *list)
{
	struct central c = { 0 };
	struct cli cli = { 0 };
	struct fault f;
	AUTO(pg_close) struct pg *pg = NULL;
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	const struct cli_usage usage = { .synopsis = list->synopsis };
	enum err err = cli_read(argc, argv, plain_options, &usage, &c, &cli, &f);
	if (err == ERR_OK && cli.helped)
		return 0;
	if (err == ERR_OK)
		err = central_words(&cli, 0, 0, list->synopsis, &f);
	if (err == ERR_OK)
		err = central_open(&c, PG_OWNER, &pg, &f);
	if (err == ERR_OK)
		err = pg_query(pg, list->statement, PG_NO_VALUES, &rows, &f);
	if (err == ERR_OK)
		central_print(&c, rows, list->headings);
	return central_end(list->program, err, &f);
}

enum err central_read(int argc, char **argv, const struct conf_option *options,
		      const struct cli_usage *usage, void *out, const char **word, struct fault *f)
{
	struct cli cli = { 0 };
	enum err err = cli_read(argc, argv, options, usage, out, &cli, f);
	if (err == ERR_OK && !cli.helped)
		err = central_words(&cli, 1, 1, usage->synopsis, f);
	*word = err == ERR_OK && !cli.helped ? cli.words[0] : NULL;
	return err;
}

int central_change(int argc, char **argv, const struct central_change *change)
{
	struct central c = { 0 };
	struct cli cli = { 0 };
	struct fault f;
	AUTO(pg_close) struct pg *pg = NULL;
	struct pg_value values[4];
	uint64_t changed = 0;
	const struct cli_usage usage = { .synopsis = change->synopsis, .text = change->text };
	enum err err = cli_read(argc, argv, plain_options, &usage, &c, &cli, &f);
	if (err == ERR_OK && cli.helped)
		return 0;
	if (err == ERR_OK)
		err = central_words(&cli, change->words, change->words, change->synopsis, &f);
	if (err == ERR_OK && change->check != NULL)
		err = change->check(cli.words, &f);
	for (size_t i = 0; err == ERR_OK && i < change->words; i++)
		values[i] = pg_text(cli.words[i]);
	if (err == ERR_OK)
		err = central_open(&c, PG_OWNER, &pg, &f);
	if (err == ERR_OK)
		err = pg_run(pg, change->statement, values, change->words, &changed, &f);
	if (err == ERR_OK && changed == 0)
		err = fault_set(&f, ERR_MISSING, 0, "%s: %s", change->missing, cli.words[0]);
	return central_end(change->program, err, &f);
}
