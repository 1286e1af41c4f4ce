// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/import_leaves.h"
#include "cli/verdict.h"
#include "satellite/satellite_io.h"
#include "store/copy.h"
#include "sys/clock.h"

#define NAME_SIZE 128

struct satellite_options {
	struct central central;
	char name[NAME_SIZE];
	bool again;
};

// clang-format off
static const struct conf_option options[] = {
	CENTRAL_PLACE,
	{ .name = "name", .kind = CONF_TEXT, .offset = offsetof(struct satellite_options, name), .size = NAME_SIZE,
	  .value = "NAME", .help = "name of the scan; else the folder's" },
	{ .name = "again", .kind = CONF_BOOL, .offset = offsetof(struct satellite_options, again), .size = sizeof(bool), .unset = "no",
	  .help = "also what is stored already: as one more scan" },
	{ .name = NULL },
};
// clang-format on

struct loading {
	struct pg *pg;
	struct run_id scan;
	struct wr row; // storage owned
	uint64_t lines;
	char file[SATELLITE_NAME];
};

static enum err put_line(void *self, const struct satellite_line *l, struct fault *f)
{
	struct loading *w = self;
	size_t need = l->text.len * 3 + 256; // a byte that is no UTF-8 becomes three
	if (w->row.cap < need) {
		uint8_t *at = realloc(w->row.at, need * 2);
		if (at == NULL)
			return fault_set(f, ERR_MEMORY, 0, "no memory");
		w->row.at = at;
		w->row.cap = need * 2;
	}
	w->row = wr_of(w->row.at, w->row.cap);
	copy_row(&w->row, 4);
	copy_run(&w->row, w->scan);
	copy_text(&w->row, span_text(l->file));
	copy_u31(&w->row, l->number);
	copy_text(&w->row, l->text);
	if (w->row.err != ERR_OK)
		return fault_set(f, w->row.err, 0, "%s:%u: does not fit", l->file, l->number);
	w->lines++;
	return pg_copy_put(w->pg, wr_span(&w->row), f);
}

static void pass_over(void *self, const char *path, const char *why)
{
	(void)self;
	fprintf(stderr, "waymark import: %s: %s\n", path, why);
}

static enum err put_edge(struct loading *w, bool begin, struct fault *f)
{
	uint8_t edge[COPY_HEADER_SIZE];
	struct wr e = wr_of(edge, sizeof(edge));
	if (begin)
		copy_header(&e);
	else
		copy_trailer(&e);
	return pg_copy_put(w->pg, wr_span(&e), f);
}

static enum err copy_lines(struct loading *w, const char *path, struct fault *f)
{
	const struct satellite_reader reader = { put_line, pass_over, w };
	enum err err = pg_copy_begin(w->pg, "satellite_line", f);
	if (err != ERR_OK)
		return err;
	err = put_edge(w, true, f);
	if (err == ERR_OK)
		err = satellite_read(path, &reader, f);
	if (err == ERR_OK)
		err = put_edge(w, false, f);
	if (err == ERR_OK)
		return pg_copy_end(w->pg, f);
	pg_copy_abort(w->pg, "not read whole");
	return err;
}

// The last part of PATH that is a name.
static void find_name(const char *path, char out[static NAME_SIZE])
{
	char text[4096];
	snprintf(text, sizeof(text), "%s", path);
	size_t len = strlen(text);
	while (len > 1 && text[len - 1] == '/')
		text[--len] = '\0';
	const char *base = strrchr(text, '/');
	snprintf(out, NAME_SIZE, "%.*s", NAME_SIZE - 1,
		 base != NULL && base[1] != '\0' ? base + 1 : text);
}

static void tell(const struct loading *w, const char *name, const struct pg_rows *rows)
{
	fprintf(stderr,
		"waymark import: %s (%s): %" PRIu64 " lines, %" PRId64
		" of them unreadable; %" PRId64 " pairs, %" PRId64 " pages, %" PRId64
		" resolvers, stored as scan %s\n",
		name, pg_rows_text(rows, 0, 0), w->lines, pg_rows_int(rows, 0, 1),
		pg_rows_int(rows, 0, 2), pg_rows_int(rows, 0, 3), pg_rows_int(rows, 0, 4),
		pg_rows_text(rows, 0, 5));
}

// Known by its lines, whatever it is called, and whether it came as a folder or an archive.
static enum err check_new(struct loading *w, const char *path, bool again, struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	enum err err = pg_query(w->pg, "import_satellite_same", PG_VALUES(pg_uuid(w->scan.bytes)),
				&rows, f);
	if (err != ERR_OK || again || pg_rows_count(rows) == 0)
		return err;
	return fault_set(f, ERR_EXISTS, 0,
			 "stored already, as scan %" PRId64
			 " (%s): --again takes it as one more: %s",
			 pg_rows_int(rows, 0, 0), pg_rows_text(rows, 0, 1), path);
}

// FOLDER tells the day, NAME what the scan is called here.
static enum err load(struct loading *w, const char *path, const char *folder,
		     const struct satellite_options *o, int64_t *faults, struct fault *f)
{
	const char *name = o->name[0] != '\0' ? o->name : folder;
	AUTO(pg_rows_free) struct pg_rows *made = NULL;
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	enum err err = pg_begin(w->pg, f);
	if (err == ERR_OK)
		err = pg_query(w->pg, "import_scan_add",
			       PG_VALUES(pg_uuid(w->scan.bytes), pg_text(name), pg_text(folder)),
			       &made, f);
	if (err == ERR_OK)
		err = copy_lines(w, path, f);
	if (err == ERR_OK)
		err = check_new(w, path, o->again, f);
	if (err == ERR_OK)
		err = pg_query(w->pg, "import_satellite_read",
			       PG_VALUES(pg_uuid(w->scan.bytes), pg_int(pg_rows_int(made, 0, 0)),
					 pg_int(pg_rows_int(made, 0, 1))),
			       &rows, f);
	if (err == ERR_OK)
		err = import_leaves(w->pg, pg_rows_int(made, 0, 0), pg_rows_int(made, 0, 1), f);
	if (err == ERR_OK && pg_rows_int(rows, 0, 1) == (int64_t)w->lines)
		err = fault_set(f, ERR_FORMAT, 0,
				"%s: not one line of it can be read; nothing stored", path);
	if (err == ERR_OK)
		err = pg_commit(w->pg, f);
	if (err != ERR_OK)
		return err;
	*faults = pg_rows_int(rows, 0, 1);
	tell(w, name, rows);
	return ERR_OK;
}

int import_satellite(int argc, char **argv)
{
	struct satellite_options o = { 0 };
	struct loading w = { 0 };
	struct cli cli = { 0 };
	struct fault f;
	char name[NAME_SIZE];
	int64_t faults = 0;
	const struct cli_usage usage = {
		.synopsis = "waymark import satellite DIR|FILE [--name NAME] [--again]",
		.text = "A published Satellite scan: v1, v2.0, v2.1, v2.2 or v2.2-raw, told apart "
			"by "
			"what is in\nthe files; a folder, an archive (.tar.gz) or one file. All of "
			"it "
			"or nothing; lines that\ncannot be read are kept, counted and told, and "
			"then "
			"the exit status is 3. What is\nstored already, under whatever name, is "
			"refused, unless "
			"with --again.",
		.examples = "  waymark import satellite CP_Satellite-2023-01-04-12-00-01.tar.gz\n",
	};
	enum err err = cli_read(argc, argv, options, &usage, &o, &cli, &f);
	if (err == ERR_OK && cli.helped)
		return 0;
	if (err == ERR_OK)
		err = central_words(&cli, 1, 1, usage.synopsis, &f);
	if (err == ERR_OK)
		err = central_open(&o.central, PG_STORE, &w.pg, &f);
	if (err == ERR_OK) {
		find_name(cli.words[0], name);
		random_bytes(w.scan.bytes, sizeof(w.scan.bytes));
		err = load(&w, cli.words[0], name, &o, &faults, &f);
	}
	pg_close(&w.pg);
	free(w.row.at);
	return err == ERR_OK && faults > 0 ? 3 : central_end("waymark import satellite", err, &f);
}
