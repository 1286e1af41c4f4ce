// SPDX-License-Identifier: Apache-2.0
#include "cli/backends.h"

#include <string.h>

#include "cli/verb.h"
#include "cli/verdict.h"

// clang-format off
static const struct conf_option options[] = {
	CENTRAL_OPTIONS,
	{ .name = "why", .kind = CONF_BOOL, .offset = offsetof(struct backends_options, why),
	  .help = "the clause, the parts, the messages beside the bursts, and what the empty runs showed" },
	{ .name = "port", .kind = CONF_TEXT, .offset = offsetof(struct backends_options, port), .size = 8,
	  .value = "P", .help = "override: only this port" },
	{ .name = "run", .kind = CONF_TEXT, .offset = offsetof(struct backends_options, run), .size = 64,
	  .value = "RUN", .help = "override: only this run" },
	{ .name = "app", .kind = CONF_TEXT, .offset = offsetof(struct backends_options, app), .size = 64,
	  .value = "APP", .help = "override: only this messenger" },
	{ .name = "decision", .kind = CONF_TEXT, .offset = offsetof(struct backends_options, decision), .size = 16,
	  .value = "WORD", .help = "override: backend, push, media, background, peer, resolver or unknown" },
	{ .name = "reason", .kind = CONF_TEXT, .offset = offsetof(struct backends_options, reason), .size = 512,
	  .value = "TEXT", .help = "override: how it is known" },
	{ .name = "by", .kind = CONF_TEXT, .offset = offsetof(struct backends_options, by), .size = 64,
	  .value = "NAME", .help = "override: who says so; else the database user" },
	{ .name = "withdraw", .kind = CONF_TEXT, .offset = offsetof(struct backends_options, withdraw), .size = 24,
	  .value = "ID", .help = "override: take a decision back" },
	{ .name = "list", .kind = CONF_BOOL, .offset = offsetof(struct backends_options, list),
	  .help = "override: all decisions of people, withdrawn ones too" },
	{ .name = NULL },
};
// clang-format on

const char *const backends_headings[SERVER_COLUMNS + 1] = {
	"side",      "proto",      "addr",      "port",    "decision",    "score",
	"by_time",   "by_both",    "by_name",   "by_addr", "by_port",     "matched",
	"in_empty",  "bytes",      "country",   "rule",    "names",       "by_volume",
	"answered",  "isolated",   "sign",      "version", "clause",      "judged",
	"override",  "made_by",    "made",      "reason",  "empty_runs",  "empty_count",
	"idle_runs", "idle_count", "in_closed", "in_idle", "quiet_bytes", "by_isolation",
	NULL
};

// What fits on a screen.
static const char *const table_headings[] = { "side",     "proto",   "addr",    "port",
					      "decision", "score",   "by_time", "by_both",
					      "by_name",  "by_addr", "by_port", "matched",
					      "in_empty", "bytes",   "country", "rule",
					      "names",    NULL };

static enum err show(const struct backends_options *o, const char *word, struct fault *f)
{
	AUTO(pg_close) struct pg *pg = NULL;
	AUTO(pg_rows_free) struct pg_rows *run = NULL, *rows = NULL, *hits = NULL;
	const struct central *c = &o->central;
	enum err err = verdict_open(c, &pg, f);
	if (err == ERR_OK)
		err = pg_query(pg, "backends_find", PG_VALUES(pg_text(word)), &run, f);
	if (err == ERR_OK && pg_rows_count(run) == 0)
		err = fault_set(
			f, ERR_MISSING, 0,
			"no run %s; `waymark run list` and v1.import_run show what there is", word);
	if (err != ERR_OK)
		return err;
	const char *id = pg_rows_text(run, 0, 0), *serial = pg_rows_text(run, 0, 1);
	err = pg_query(pg, "backends_list", PG_VALUES(pg_text(id)), &rows, f);
	if (err == ERR_OK && o->why)
		err = pg_query(pg, "backends_hits", PG_VALUES(pg_text(id)), &hits, f);
	if (err != ERR_OK)
		return err;
	if (o->why && c->json)
		backends_print_json(serial, rows, hits);
	else if (o->why)
		backends_print_why(serial, rows, hits);
	else
		central_print(c, rows, c->json || c->csv ? backends_headings : table_headings);
	return ERR_OK;
}

static enum err act(const struct backends_options *o, const struct cli *cli, const char *synopsis,
		    struct fault *f)
{
	bool override = cli->count > 0 && strcmp(cli->words[0], "override") == 0;
	if (override && cli->count <= 2)
		return backends_override(o, cli->count == 2 ? cli->words[1] : NULL, f);
	if (cli->count != 1 || override)
		return fault_set(f, ERR_USAGE, 0, "usage: %s", synopsis);
	if (o->why && o->central.csv)
		return fault_set(f, ERR_USAGE, 0, "--why goes with --json or without a form");
	return show(o, cli->words[0], f);
}

int backends_verb(int argc, char **argv)
{
	struct backends_options o = { 0 };
	struct cli cli = { 0 };
	struct fault f;
	const struct cli_usage usage = {
		.synopsis =
			"waymark backends RUN [--why] [--json | --csv]\n"
			"       waymark backends override ADDR[/LEN] --decision WORD --reason TEXT "
			"[--port P] [--run RUN | --app APP]\n"
			"       waymark backends override --withdraw ID | --list",
		.text = "Every remote end of a run, measured or imported: what it was and the "
			"evidence.\nWith override: what a person decides otherwise. It is dated "
			"and has a reason; nothing is\nedited or deleted, it can be withdrawn. "
			"The longest prefix wins, and one run before all.",
		.examples = "  waymark backends 12 --why\n"
			    "  waymark backends override 198.18.22.10 --port 443 --app threema "
			    "--decision media --reason 'pictures only'\n",
	};
	enum err err = cli_read(argc, argv, options, &usage, &o, &cli, &f);
	if (err == ERR_OK && cli.helped)
		return 0;
	if (err == ERR_OK)
		err = act(&o, &cli, usage.synopsis, &f);
	return central_end("waymark backends", err, &f);
}
