// SPDX-License-Identifier: Apache-2.0
//
// `waymark run show`: everything that is known of one run.
#include <stdio.h>
#include <string.h>

#include "cli/central.h"
#include "cli/run.h"

// The parts of a run, each a statement with the run as $1.
static const struct part {
	const char *key, *statement;
	const char *const *headings;
	unsigned numbers; // bit per column: bare in JSON
} parts[] = {
	{ "orders", "run_orders",
	  (const char *const[]){ "order", "node", "serial", "state_number", "state", "detail",
				 NULL },
	  0x0c },
	{ "steps", "run_steps",
	  (const char *const[]){ "begun", "node", "side", "step", "took_s", "outcome", "detail",
				 NULL },
	  0x14 },
	{ "messages", "run_messages",
	  (const char *const[]){ "message", "side", "from_side", "planned", "sent", "delivered",
				 "received", "status", "detail", NULL },
	  0x06 },
};

static const char *const run_headings[] = { "run",      "serial",  "app",     "a",
					    "b",        "phone_a", "phone_b", "planned",
					    "length_s", "flows",   "traces",  NULL };

static void json_rows(struct json *j, const struct pg_rows *rows, const struct part *part)
{
	for (size_t r = 0; r < pg_rows_count(rows); r++) {
		json_object(j, NULL);
		for (size_t c = 0; part->headings[c] != NULL; c++) {
			const char *text = pg_rows_text(rows, r, c);
			const char *dot = text != NULL ? strchr(text, '.') : NULL;
			if (text == NULL || (part->numbers >> c & 1) == 0)
				json_text(j, part->headings[c], text);
			else
				json_real(j, part->headings[c], pg_rows_real(rows, r, c),
					  dot != NULL ? (int)strlen(dot + 1) : 0);
		}
		json_end_object(j);
	}
}

static void json_run(struct json *j, const struct pg_rows *run)
{
	for (size_t c = 0; run_headings[c] != NULL; c++) {
		const char *text = pg_rows_text(run, 0, c);
		if (c == 1 || c >= 9)
			json_int(j, run_headings[c], pg_rows_int(run, 0, c));
		else if (c == 8)
			json_real(j, run_headings[c], pg_rows_real(run, 0, c), 3);
		else
			json_text(j, run_headings[c], text);
	}
}

static enum err print_parts(struct pg *pg, const struct central *c, const char *id, struct json *j,
			    struct fault *f)
{
	enum err err = ERR_OK;
	for (size_t i = 0; err == ERR_OK && i < COUNT(parts); i++) {
		AUTO(pg_rows_free) struct pg_rows *rows = NULL;
		err = pg_query(pg, parts[i].statement, PG_VALUES(pg_text(id)), &rows, f);
		if (err == ERR_OK && c->json) {
			json_array(j, parts[i].key);
			json_rows(j, rows, &parts[i]);
			json_end_array(j);
		} else if (err == ERR_OK) {
			printf("\n%s\n", parts[i].key);
			central_print(c, rows, parts[i].headings);
		}
	}
	return err;
}

static enum err show(const struct central *c, const char *word, struct fault *f)
{
	AUTO(pg_close) struct pg *pg = NULL;
	AUTO(pg_rows_free) struct pg_rows *run = NULL;
	struct json j = json_of(stdout);
	enum err err = central_open(c, PG_OWNER, &pg, f);
	if (err == ERR_OK)
		err = pg_query(pg, "run_find", PG_VALUES(pg_text(word)), &run, f);
	if (err == ERR_OK && pg_rows_count(run) != 1)
		err = fault_set(f, ERR_MISSING, 0, "no run %s (an id, or a serial number)", word);
	if (err != ERR_OK)
		return err;
	if (c->json) {
		json_object(&j, NULL);
		json_run(&j, run);
	} else {
		central_print(c, run, run_headings);
	}
	err = print_parts(pg, c, pg_rows_text(run, 0, 0), &j, f);
	if (c->json && err == ERR_OK)
		json_end_object(&j);
	return err;
}

int run_show(int argc, char **argv)
{
	static const struct conf_option options[] = { CENTRAL_OPTIONS, { .name = NULL } };
	struct central c = { 0 };
	struct cli cli = { 0 };
	struct fault f;
	const struct cli_usage usage = { .synopsis = "waymark run show RUN [--json | --csv]" };
	enum err err = cli_read(argc, argv, options, &usage, &c, &cli, &f);
	if (err == ERR_OK && cli.helped)
		return 0;
	if (err == ERR_OK)
		err = central_words(&cli, 1, 1, usage.synopsis, &f);
	if (err == ERR_OK)
		err = show(&c, cli.words[0], &f);
	return central_end("waymark run show", err, &f);
}
