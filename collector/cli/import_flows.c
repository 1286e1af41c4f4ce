// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verdict.h"
#include "sys/clock.h"

struct flows_options {
	struct central central;
	char app[64], note[512];
};

// clang-format off
static const struct conf_option options[] = {
	CENTRAL_PLACE,
	{ .name = "app", .kind = CONF_TEXT, .offset = offsetof(struct flows_options, app), .size = 64,
	  .unset = "import", .value = "APP", .help = "messenger that was used, if known" },
	{ .name = "note", .kind = CONF_TEXT, .offset = offsetof(struct flows_options, note), .size = 512,
	  .value = "TEXT", .help = "kept with the run; else the file's name" },
	{ .name = NULL },
};
// clang-format on

struct flows {
	struct pg *pg;
	int64_t node, stream;
	uint8_t run[16];
	const char *file;
	int64_t count;
};

static enum err add_run(struct flows *w, const struct flows_options *o, struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	random_bytes(w->run, sizeof(w->run));
	enum err err = pg_query(w->pg, "import_run_add",
				PG_VALUES(pg_uuid(w->run), pg_text(o->app),
					  pg_text(o->note[0] != '\0' ? o->note : w->file)),
				&rows, f);
	if (err == ERR_OK) {
		w->node = pg_rows_int(rows, 0, 0);
		w->stream = pg_rows_int(rows, 0, 1);
	}
	return err;
}

static enum err put_lines(struct flows *w, FILE *in, struct fault *f)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;
	enum err err = ERR_OK;
	struct fault inner = { 0 };
	while (err == ERR_OK && (len = getline(&line, &cap, in)) > 0) {
		err = pg_run(w->pg, "import_flow_add",
			     PG_VALUES(pg_int(w->node), pg_int(w->stream), pg_int(w->count),
				       pg_uuid(w->run), pg_span(span_of(line, (size_t)len))),
			     NULL, &inner);
		if (err != ERR_OK && err != ERR_UNREACHABLE)
			err = fault_set(f, ERR_USAGE, 0,
					"%s:%lld: no line of `waymark flows --json`: %s", w->file,
					(long long)w->count + 1, inner.what);
		else if (err != ERR_OK)
			err = fault_set(f, err, inner.sys, "%s", inner.what);
		w->count++;
	}
	free(line);
	if (err == ERR_OK && ferror(in))
		err = fault_set(f, ERR_IO, errno, "cannot read %s", w->file);
	return err;
}

// All lines or none, as waymark_store.
static enum err import(struct flows *w, const struct flows_options *o, FILE *in, struct fault *f)
{
	enum err err = central_open(&o->central, PG_STORE, &w->pg, f);
	if (err == ERR_OK)
		err = pg_begin(w->pg, f);
	if (err == ERR_OK)
		err = add_run(w, o, f);
	if (err == ERR_OK)
		err = put_lines(w, in, f);
	if (err == ERR_OK && w->count == 0)
		err = fault_set(f, ERR_USAGE, 0, "%s has no flows; nothing stored", w->file);
	if (err == ERR_OK)
		err = pg_run(w->pg, "import_run_end", PG_VALUES(pg_uuid(w->run)), NULL, f);
	if (err == ERR_OK)
		err = pg_commit(w->pg, f);
	pg_close(&w->pg);
	return err;
}

static void tell(const struct flows *w)
{
	fprintf(stderr, "waymark import: %lld flows stored as run ", (long long)w->count);
	for (size_t i = 0; i < sizeof(w->run); i++)
		fprintf(stderr, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
			w->run[i]);
	fputc('\n', stderr);
}

int import_flows(int argc, char **argv)
{
	struct flows_options o = { 0 };
	struct flows w = { 0 };
	struct cli cli = { 0 };
	struct fault f;
	FILE *in = NULL;
	const struct cli_usage usage = {
		.synopsis = "waymark import flows FILE [--app APP]",
		.text = "Stores the flows of a capture as a run: FILE (- is standard input) holds "
			"the lines of\n`waymark flows CAPTURE --json`. `waymark flows CAPTURE "
			"--store` does both.",
	};
	enum err err = cli_read(argc, argv, options, &usage, &o, &cli, &f);
	if (err == ERR_OK && cli.helped)
		return 0;
	if (err == ERR_OK)
		err = central_words(&cli, 1, 1, usage.synopsis, &f);
	if (err == ERR_OK) {
		w.file = cli.words[0];
		in = strcmp(w.file, "-") == 0 ? stdin : fopen(w.file, "re");
		err = in == NULL ? fault_set(&f, ERR_MISSING, errno, "cannot open %s", w.file)
				 : import(&w, &o, in, &f);
	}
	if (in != NULL && in != stdin)
		fclose(in);
	if (err == ERR_OK)
		tell(&w);
	return central_end("waymark import flows", err, &f);
}
