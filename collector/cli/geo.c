// SPDX-License-Identifier: Apache-2.0
#include "cli/geo.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verb.h"
#include "cli/verdict.h"
#include "geo/geo_io.h"
#include "seal/seal.h"
#include "sys/file.h"

#define TABLE_LIMIT ((size_t)4 << 30) // bytes of a CSV table
#define NAME_SIZE   64

struct geo_options {
	struct central central;
	char table[NAME_SIZE], version[NAME_SIZE];
};

// clang-format off
static const struct conf_option import_options[] = {
	CENTRAL_PLACE,
	{ .name = "table", .kind = CONF_TEXT, .offset = offsetof(struct geo_options, table), .size = NAME_SIZE,
	  .value = "NAME", .help = "what it is, e.g. dbip-country" },
	{ .name = "version", .kind = CONF_TEXT, .offset = offsetof(struct geo_options, version), .size = NAME_SIZE,
	  .value = "V", .help = "its maker's date or version, e.g. 2026-11" },
	{ .name = NULL },
};
// clang-format on

// Names a file: letters, digits, dot, dash, underscore.
static enum err check_word(const char *option, const char *word, struct fault *f)
{
	size_t fine = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "._-");
	if (word[0] != '\0' && word[0] != '.' && word[fine] == '\0')
		return ERR_OK;
	return fault_set(f, ERR_USAGE, 0, "--%s wants a word of letters, digits and . _ -", option);
}

struct import {
	struct place place;
	uint8_t digest[SEAL_DIGEST_SIZE];
	uint8_t *bytes; // compiled; owned
	size_t len;
	struct geo table;
	char path[256]; // relative to the data folder
};

static enum err compile(const char *file, struct import *i, struct fault *f)
{
	char *text = NULL;
	size_t len = 0;
	struct fault inner = { 0 };
	enum err err = file_read(file, TABLE_LIMIT, &text, &len, f);
	if (err != ERR_OK)
		return err;
	seal_digest(span_of(text, len), i->digest);
	err = geo_compile(span_of(text, len), &i->bytes, &i->len, &inner);
	free(text);
	if (err != ERR_OK)
		return fault_set(f, err, 0, "%s: %s", file, inner.what);
	return geo_read(span_of(i->bytes, i->len), &i->table);
}

// Refuses another table under a name that is taken, before anything is written.
static enum err check_new(struct pg *pg, const struct geo_options *o, const struct import *i,
			  struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	enum err err = pg_query(pg, "geo_find",
				PG_VALUES(pg_text(o->table), pg_text(o->version),
					  pg_bytes(span_of(i->digest, sizeof(i->digest)))),
				&rows, f);
	if (err == ERR_OK && pg_rows_count(rows) > 0 && !pg_rows_bool(rows, 0, 0))
		err = fault_set(f, ERR_EXISTS, 0,
				"there is another table %s of version %s; give this one its own "
				"--version",
				o->table, o->version);
	return err;
}

static enum err store_file(const struct geo_options *o, struct import *i, struct fault *f)
{
	char path[CLUSTER_PATH_MAX + 300];
	snprintf(i->path, sizeof(i->path), "geo/%s-%s.geo", o->table, o->version);
	snprintf(path, sizeof(path), "%s/geo", i->place.data);
	enum err err = dir_make(path, 0755, f);
	snprintf(path, sizeof(path), "%s/%s", i->place.data, i->path);
	return err == ERR_OK ? file_write(path, 0644, span_of(i->bytes, i->len), f) : err;
}

static enum err import(const char *file, const struct geo_options *o, struct import *i,
		       struct fault *f)
{
	AUTO(pg_close) struct pg *pg = NULL;
	struct correlate_counts counts = { 0 };
	enum err err = compile(file, i, f);
	if (err == ERR_OK)
		err = place_find(o->central.data, o->central.db, &i->place, f);
	if (err == ERR_OK)
		err = pg_open(i->place.conninfo, PG_JUDGE, &pg, f);
	if (err == ERR_OK)
		err = check_new(pg, o, i, f);
	if (err == ERR_OK)
		err = store_file(o, i, f);
	uint32_t ranges = i->table.count4 + i->table.count6;
	if (err == ERR_OK)
		err = pg_run(pg, "geo_add",
			     PG_VALUES(pg_text(o->table), pg_text(o->version),
				       pg_bytes(span_of(i->digest, sizeof(i->digest))),
				       pg_int(ranges), pg_text(i->path)),
			     NULL, f);
	if (err == ERR_OK)
		err = correlate_place(pg, i->place.data, &counts, f);
	if (err == ERR_OK)
		fprintf(stderr,
			"waymark geo: %s %s is in force, %" PRIu32 " ranges; %" PRIu64
			" addresses placed, %" PRIu64 " of them without a country\n",
			o->table, o->version, ranges, counts.placed, counts.unknown);
	return err;
}

static int geo_import(int argc, char **argv)
{
	struct geo_options o = { 0 };
	struct import i = { 0 };
	struct cli cli = { 0 };
	struct fault f;
	const struct cli_usage usage = {
		.synopsis = "waymark geo import FILE --table NAME --version V",
		.text = "Loads a geolocation table: CSV with a heading; columns first and last, or "
			"network;\ncountry; and, if there, asn, as_name, latitude, longitude. It "
			"is "
			"in force from now on.",
		.examples =
			"  waymark geo import dbip.csv --table dbip-country --version 2026-11\n",
	};
	enum err err = cli_read(argc, argv, import_options, &usage, &o, &cli, &f);
	if (err == ERR_OK && cli.helped)
		return 0;
	if (err == ERR_OK)
		err = central_words(&cli, 1, 1, usage.synopsis, &f);
	if (err == ERR_OK)
		err = check_word("table", o.table, &f);
	if (err == ERR_OK)
		err = check_word("version", o.version, &f);
	if (err == ERR_OK)
		err = seal_start(&f);
	if (err == ERR_OK)
		err = import(cli.words[0], &o, &i, &f);
	free(i.bytes);
	return central_end("waymark geo import", err, &f);
}

static int geo_list(int argc, char **argv)
{
	static const char *const headings[] = { "table",  "version", "in_force",
						"ranges", "placed",  "unknown",
						"loaded", "path",    NULL };
	static const struct central_list list = { "waymark geo list",
						  "waymark geo list [--json | --csv]", "geo_list",
						  headings };
	return central_list(argc, argv, &list);
}

static const struct verb verbs[] = {
	{ "import", geo_import, "load a table of address ranges" },
	{ "list", geo_list, "the tables that were loaded" },
	{ "explain", geo_explain, "what every table and every correction says of an address" },
	{ "override", geo_override, "correct a table by hand, with a reason" },
	{ NULL, NULL, NULL },
};

int geo_verb(int argc, char **argv)
{
	return verb_dispatch(verbs, "geo", argc, argv);
}
