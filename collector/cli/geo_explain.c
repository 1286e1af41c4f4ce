// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "cli/geo.h"
#include "cli/verdict.h"
#include "geo/geo_io.h"

struct override_options {
	struct central central;
	char reason[512], by[64], withdraw[24];
};

// clang-format off
static const struct conf_option explain_options[] = { CENTRAL_OPTIONS, { .name = NULL } };
static const struct conf_option override_options[] = {
	CENTRAL_OPTIONS,
	{ .name = "reason", .kind = CONF_TEXT, .offset = offsetof(struct override_options, reason), .size = 512,
	  .value = "TEXT", .help = "how it is known: round-trip time, reverse DNS, neighbouring hops" },
	{ .name = "by", .kind = CONF_TEXT, .offset = offsetof(struct override_options, by), .size = 64,
	  .value = "NAME", .help = "who says so; else the database user" },
	{ .name = "withdraw", .kind = CONF_TEXT, .offset = offsetof(struct override_options, withdraw), .size = 24,
	  .value = "ID", .help = "take a correction back" },
	{ .name = NULL },
};
// clang-format on

// --- explain -------------------------------------------------------------------------------------

static const char *const explain_headings[] = { "source",   "version",   "in_force", "country",
						"asn",      "as_name",   "first",    "last",
						"latitude", "longitude", "note",     NULL };

static void put_addr(struct grid *g, struct addr a)
{
	char text[ADDR_TEXT];
	addr_write(a, text);
	grid_put(g, text);
}

static void put_degrees(struct grid *g, int32_t v)
{
	if (v == GEO_NOWHERE)
		grid_put(g, NULL);
	else
		grid_putf(g, "%.4f", v / 1e4);
}

static void put_place(struct grid *g, const struct geo_place *p)
{
	grid_put(g, p->country[0] != '\0' ? p->country : NULL);
	if (p->asn != 0)
		grid_putf(g, "%u", p->asn);
	else
		grid_put(g, NULL);
	grid_put(g, p->as_name[0] != '\0' ? p->as_name : NULL);
	put_addr(g, p->first);
	put_addr(g, p->last);
	put_degrees(g, p->latitude);
	put_degrees(g, p->longitude);
	grid_put(g, NULL);
}

static void put_nothing(struct grid *g, size_t cells, const char *note)
{
	for (size_t i = 0; i < cells; i++)
		grid_put(g, NULL);
	grid_put(g, note);
}

static void explain_table(struct grid *g, const char *dir, const struct pg_rows *rows, size_t row,
			  bool overruled, struct addr a)
{
	AUTO(geo_file_close) struct geo_file *file = NULL;
	char path[CLUSTER_PATH_MAX + 300];
	struct geo_place p;
	struct fault f = { 0 };
	bool in_force = strcmp(pg_rows_text(rows, row, 2), "true") == 0;
	snprintf(path, sizeof(path), "%s/%s", dir, pg_rows_text(rows, row, 7));
	grid_put(g, pg_rows_text(rows, row, 0));
	grid_put(g, pg_rows_text(rows, row, 1));
	grid_put(g, in_force && !overruled ? "true" : "false");
	if (geo_file_open(path, &file, &f) != ERR_OK)
		put_nothing(g, 7, f.what);
	else if (geo_find(geo_file_table(file), a, &p))
		put_place(g, &p);
	else
		put_nothing(g, 7, "no range holds it");
}

static void explain_overrides(struct grid *g, const struct pg_rows *rows)
{
	for (size_t i = 0; i < pg_rows_count(rows); i++) {
		grid_putf(g, "override %s", pg_rows_text(rows, i, 5));
		grid_put(g, pg_rows_text(rows, i, 4));
		grid_put(g, i == 0 ? "true" : "false");
		grid_put(g, pg_rows_text(rows, i, 1));
		put_nothing(g, 2, pg_rows_text(rows, i, 0));
		put_nothing(g, 3, pg_rows_text(rows, i, 2));
	}
}

static enum err explain(const struct central *c, const char *word, struct fault *f)
{
	AUTO(pg_close) struct pg *pg = NULL;
	AUTO(pg_rows_free) struct pg_rows *tables = NULL, *overrides = NULL;
	AUTO(grid_free) struct grid *g = grid_new(explain_headings);
	struct place place;
	struct addr a;
	if (g == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory");
	if (addr_read(span_text(word), &a) != ERR_OK)
		return fault_set(f, ERR_USAGE, 0, "%s is no address", word);
	enum err err = place_find(c->data, c->db, &place, f);
	if (err == ERR_OK)
		err = pg_open(place.conninfo, PG_JUDGE, &pg, f);
	if (err == ERR_OK)
		err = pg_query(pg, "geo_override_find", PG_VALUES(pg_addr(a)), &overrides, f);
	if (err == ERR_OK)
		err = pg_query(pg, "geo_list", PG_NO_VALUES, &tables, f);
	if (err != ERR_OK)
		return err;
	explain_overrides(g, overrides);
	for (size_t i = 0; i < pg_rows_count(tables); i++)
		explain_table(g, place.data, tables, i, pg_rows_count(overrides) > 0, a);
	grid_print(g, central_form(c), stdout);
	return ERR_OK;
}

int geo_explain(int argc, char **argv)
{
	struct central c = { 0 };
	struct cli cli = { 0 };
	struct fault f;
	const struct cli_usage usage = {
		.synopsis = "waymark geo explain ADDRESS [--json | --csv]",
		.text = "What every loaded table and every correction says of an address.",
	};
	enum err err = cli_read(argc, argv, explain_options, &usage, &c, &cli, &f);
	if (err == ERR_OK && cli.helped)
		return 0;
	if (err == ERR_OK)
		err = central_words(&cli, 1, 1, usage.synopsis, &f);
	if (err == ERR_OK)
		err = explain(&c, cli.words[0], &f);
	return central_end("waymark geo explain", err, &f);
}

// --- override ------------------------------------------------------------------------------------

static enum err withdraw(struct pg *pg, const char *id, struct fault *f)
{
	uint64_t changed = 0;
	enum err err = pg_run(pg, "geo_override_end", PG_VALUES(pg_text(id)), &changed, f);
	if (err == ERR_OK && changed == 0)
		err = fault_set(f, ERR_MISSING, 0, "no correction %s is in force", id);
	return err;
}

static enum err put(struct pg *pg, const struct override_options *o, char **words, struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *found = NULL, *made = NULL;
	struct prefix prefix;
	char text[PREFIX_TEXT];
	if (prefix_read(span_text(words[0]), &prefix) != ERR_OK)
		return fault_set(f, ERR_USAGE, 0,
				 "%s is no prefix, or bits are set after its length", words[0]);
	if (o->reason[0] == '\0')
		return fault_set(f, ERR_USAGE, 0, "--reason TEXT is wanted: how is it known?");
	prefix_write(prefix, text);
	enum err err = pg_query(pg, "country_find", PG_VALUES(pg_text(words[1])), &found, f);
	if (err == ERR_OK && pg_rows_count(found) == 0)
		err = fault_set(f, ERR_USAGE, 0, "%s: no such country in ISO 3166-1 (two capitals)",
				words[1]);
	if (err == ERR_OK)
		err = pg_query(pg, "geo_override_add",
			       PG_VALUES(pg_text(text), pg_text(words[1]), pg_text(o->reason),
					 pg_text(o->by[0] != '\0' ? o->by : NULL)),
			       &made, f);
	if (err == ERR_OK)
		fprintf(stderr, "waymark geo: correction %s is in force\n",
			pg_rows_text(made, 0, 0));
	return err;
}

static enum err list(struct pg *pg, const struct central *c, struct fault *f)
{
	static const char *const headings[] = { "id",      "prefix", "country",   "reason",
						"made_by", "made",   "withdrawn", NULL };
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	enum err err = pg_query(pg, "geo_override_list", PG_NO_VALUES, &rows, f);
	if (err == ERR_OK)
		central_print(c, rows, headings);
	return err;
}

int geo_override(int argc, char **argv)
{
	struct override_options o = { 0 };
	struct cli cli = { 0 };
	struct fault f;
	AUTO(pg_close) struct pg *pg = NULL;
	const struct cli_usage usage = {
		.synopsis = "waymark geo override [PREFIX COUNTRY --reason TEXT | --withdraw ID]",
		.text = "Corrects the tables by hand; the longest prefix wins. Nothing is edited "
			"or "
			"deleted:\na correction is dated and can be withdrawn. Without words: "
			"lists "
			"them all.",
		.examples =
			"  waymark geo override 176.32.125.0/24 US --reason 'RTT from Dublin 78 "
			"ms'\n",
	};
	enum err err = cli_read(argc, argv, override_options, &usage, &o, &cli, &f);
	if (err == ERR_OK && cli.helped)
		return 0;
	bool out = err == ERR_OK && o.withdraw[0] != '\0';
	if (err == ERR_OK && cli.count != 0 && (out || cli.count != 2))
		err = fault_set(&f, ERR_USAGE, 0, "usage: %s", usage.synopsis);
	if (err == ERR_OK)
		err = central_open(&o.central, PG_JUDGE, &pg, &f);
	if (err == ERR_OK && out)
		err = withdraw(pg, o.withdraw, &f);
	else if (err == ERR_OK && cli.count == 2)
		err = put(pg, &o, cli.words, &f);
	else if (err == ERR_OK)
		err = list(pg, &o.central, &f);
	return central_end("waymark geo override", err, &f);
}
