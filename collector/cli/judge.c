// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "cli/verb.h"
#include "cli/verdict.h"

struct judge_options {
	struct central central;
	char run[64], scan[128];
	bool all;
};

// clang-format off
static const struct conf_option options[] = {
	CENTRAL_PLACE,
	{ .name = "run", .kind = CONF_TEXT, .offset = offsetof(struct judge_options, run), .size = 64,
	  .value = "RUN", .help = "one run, by its id or its number" },
	{ .name = "scan", .kind = CONF_TEXT, .offset = offsetof(struct judge_options, scan), .size = 128,
	  .value = "SCAN", .help = "one scan of resolvers, by its id, its number or its name" },
	{ .name = "all", .kind = CONF_BOOL, .offset = offsetof(struct judge_options, all),
	  .help = "all runs and scans afresh, and every address that has no place yet" },
	{ .name = NULL },
};
// clang-format on

enum err verdict_open(const struct central *c, struct pg **out, struct fault *f)
{
	struct place place;
	struct fault told = { 0 };
	struct correlate_counts counts = { 0 };
	enum err err = place_find(c->data, c->db, &place, f);
	if (err == ERR_OK)
		err = pg_open(place.conninfo, PG_JUDGE, out, f);
	if (err == ERR_PERMIT) // an analyst with a reader's account sees what was judged so far
		return pg_open(place.conninfo, PG_READ, out, f);
	if (err != ERR_OK)
		return err;
	err = correlate_judge(*out, place.data, CORRELATE_KNOWN, &counts, &told);
	if (err == ERR_MISSING || err == ERR_CORRUPT || err == ERR_IO) {
		fprintf(stderr, "waymark: places are not up to date: %s\n", told.what);
		return ERR_OK;
	}
	return err == ERR_OK ? err : fault_set(f, err, told.sys, "%s", told.what);
}

static enum err judge_scan(struct pg *pg, const char *data_dir, const char *name,
			   struct correlate_counts *counts, struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	uint8_t scan[16];
	enum err err = pg_query(pg, "scan_find", PG_VALUES(pg_text(name)), &rows, f);
	if (err == ERR_OK && pg_rows_count(rows) == 0)
		err = fault_set(f, ERR_MISSING, 0, "no scan %s", name);
	if (err != ERR_OK)
		return err;
	pg_rows_uuid(rows, 0, 0, scan);
	return correlate_scan(pg, data_dir, scan, counts, f);
}

static enum err judge(const struct judge_options *o, struct correlate_counts *counts,
		      struct fault *f)
{
	AUTO(pg_close) struct pg *pg = NULL;
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	struct place place;
	uint8_t run[16];
	enum err err = place_find(o->central.data, o->central.db, &place, f);
	if (err == ERR_OK)
		err = pg_open(place.conninfo, PG_JUDGE, &pg, f);
	if (err != ERR_OK)
		return err;
	if (o->scan[0] != '\0')
		return judge_scan(pg, place.data, o->scan, counts, f);
	if (o->run[0] == '\0') {
		enum correlate_scope scope = o->all ? CORRELATE_AGAIN : CORRELATE_KNOWN;
		err = correlate_judge(pg, place.data, scope, counts, f);
		return err == ERR_OK ? correlate_scans(pg, place.data, scope, counts, f) : err;
	}
	err = pg_query(pg, "run_find", PG_VALUES(pg_text(o->run)), &rows, f);
	if (err == ERR_OK && pg_rows_count(rows) == 0)
		err = fault_set(f, ERR_MISSING, 0, "no run %s; `waymark run list` shows them",
				o->run);
	if (err != ERR_OK)
		return err;
	pg_rows_uuid(rows, 0, 0, run);
	return correlate_run(pg, place.data, run, counts, f);
}

int judge_verb(int argc, char **argv)
{
	struct judge_options o = { 0 };
	struct cli cli = { 0 };
	struct fault f;
	struct correlate_counts counts = { 0 };
	const struct cli_usage usage = {
		.synopsis = "waymark judge [--run RUN | --scan SCAN | --all] [--data DIR | --db "
			    "CONNINFO]",
		.text = "Decides which servers were the messenger's, with the evidence, and looks "
			"up where\naddresses are. The same for scans of open resolvers: what each "
			"answer was, and why.\nWithout options: what was not judged on all that "
			"is known by now.",
		.examples = "  waymark judge --all\n"
			    "  waymark judge --scan 7\n",
	};
	enum err err = cli_read(argc, argv, options, &usage, &o, &cli, &f);
	if (err == ERR_OK && cli.helped)
		return 0;
	if (err == ERR_OK)
		err = central_words(&cli, 0, 0, usage.synopsis, &f);
	if (err == ERR_OK)
		err = judge(&o, &counts, &f);
	if (err == ERR_OK)
		fprintf(stderr,
			"waymark judge: %" PRIu64 " runs judged; %" PRIu64
			" addresses looked up, %" PRIu64 " of them without a country\n",
			counts.judged, counts.placed, counts.unknown);
	if (err == ERR_OK && counts.scans > 0)
		fprintf(stderr,
			"waymark judge: %" PRIu64 " scans judged: %" PRIu64
			" pairs; signatures looked for in %" PRIu64 " pages\n",
			counts.scans, counts.pairs, counts.pages);
	return central_end("waymark judge", err, &f);
}
