// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "cli/route_print.h"
#include "cli/verdict.h"

struct path_options {
	struct central central;
	char app[64], run[64];
};

// clang-format off
static const struct conf_option options[] = {
	CENTRAL_OPTIONS,
	{ .name = "app", .kind = CONF_TEXT, .offset = offsetof(struct path_options, app), .size = 64,
	  .value = "APP", .help = "the messenger" },
	{ .name = "run", .kind = CONF_TEXT, .offset = offsetof(struct path_options, run), .size = 64,
	  .value = "RUN", .help = "this run, by its id or its number; else the latest that was measured whole" },
	{ .name = NULL },
};
// clang-format on

// What the routes borrow from.
struct found {
	struct pg_rows *run, *traces, *hops, *countries, *groups, *quality;
	uint8_t id[16];
};

static void found_free(struct found *w)
{
	pg_rows_free(&w->run);
	pg_rows_free(&w->traces);
	pg_rows_free(&w->hops);
	pg_rows_free(&w->countries);
	pg_rows_free(&w->groups);
	pg_rows_free(&w->quality);
}

static enum err find_run(struct pg *pg, const struct path_options *o, char **words, struct found *w,
			 struct fault *f)
{
	enum err err = pg_query(pg, "path_find",
				PG_VALUES(pg_text(words[0]), pg_text(words[1]), pg_text(o->app),
					  pg_text(o->run[0] != '\0' ? o->run : NULL)),
				&w->run, f);
	if (err == ERR_OK && pg_rows_count(w->run) == 0)
		err = fault_set(f, ERR_MISSING, 0,
				"no run of %s between %s and %s; `waymark run list` shows what "
				"there is",
				o->app, words[0], words[1]);
	if (err == ERR_OK)
		pg_rows_uuid(w->run, 0, 0, w->id);
	return err;
}

static enum err find_rest(struct pg *pg, struct found *w, struct fault *f)
{
	const struct {
		const char *statement;
		struct pg_rows **rows;
	} wanted[] = {
		{ "path_traces", &w->traces },       { "path_hops", &w->hops },
		{ "path_countries", &w->countries }, { "path_groups", &w->groups },
		{ "path_quality", &w->quality },
	};
	enum err err = ERR_OK;
	for (size_t i = 0; err == ERR_OK && i < COUNT(wanted); i++)
		err = pg_query(pg, wanted[i].statement, PG_VALUES(pg_uuid(w->id)), wanted[i].rows,
			       f);
	return err;
}

static void fill(struct routes *r, const struct found *w, const char *a)
{
	bool turned = strcmp(pg_rows_text(w->run, 0, 1), a) != 0;
	r->a = pg_rows_text(w->run, 0, turned ? 2 : 1);
	r->b = pg_rows_text(w->run, 0, turned ? 1 : 2);
	r->a_country = pg_rows_text(w->run, 0, turned ? 4 : 3);
	r->b_country = pg_rows_text(w->run, 0, turned ? 3 : 4);
	r->side_a = turned ? 2 : 1;
	r->side_b = turned ? 1 : 2;
	r->run = pg_rows_text(w->run, 0, 0);
	r->app = pg_rows_text(w->run, 0, 5);
	r->started = pg_rows_text(w->run, 0, 6);
	r->groups = w->groups;
	r->quality = w->quality;
	for (size_t i = 0; i < pg_rows_count(w->countries); i++) {
		bool network = strcmp(pg_rows_text(w->countries, i, 0), "network") == 0;
		*(network ? &r->network_countries : &r->app_countries) =
			pg_rows_text(w->countries, i, 1);
	}
	route_join(r, w->traces, w->hops);
}

static enum err show(const struct path_options *o, char **words, struct fault *f)
{
	AUTO(pg_close) struct pg *pg = NULL;
	struct found w = { 0 };
	struct routes *r = calloc(1, sizeof(*r));
	if (r == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory");
	enum err err = verdict_open(&o->central, &pg, f);
	if (err == ERR_OK)
		err = find_run(pg, o, words, &w, f);
	if (err == ERR_OK)
		err = find_rest(pg, &w, f);
	if (err == ERR_OK) {
		fill(r, &w, words[0]);
		route_print(r, central_form(&o->central), stdout);
	}
	found_free(&w);
	free(r);
	return err;
}

int path_verb(int argc, char **argv)
{
	struct path_options o = { 0 };
	struct cli cli = { 0 };
	struct fault f;
	const struct cli_usage usage = {
		.synopsis = "waymark path A B --app X [--run RUN] [--json | --csv]",
		.text = "Both paths between two nodes, hop by hop: that of the messenger, from A "
			"to "
			"its server\nand on to B, and the direct one. `*` is a hop that nobody "
			"answered for.",
		.examples = "  waymark path helsinki murcia --app whatsapp\n",
	};
	enum err err = cli_read(argc, argv, options, &usage, &o, &cli, &f);
	if (err == ERR_OK && cli.helped)
		return 0;
	if (err == ERR_OK)
		err = central_words(&cli, 2, 2, usage.synopsis, &f);
	if (err == ERR_OK && o.app[0] == '\0')
		err = fault_set(&f, ERR_USAGE, 0, "--app X is wanted: which messenger?");
	if (err == ERR_OK)
		err = show(&o, cli.words, &f);
	return central_end("waymark path", err, &f);
}
