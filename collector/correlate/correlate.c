// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "correlate/correlate_own.h"
#include "geo/geo_io.h"

#define ROUNDS     3 // empty runs, then those that have them as background, then what came meanwhile
#define TABLE_PATH 1024

// --- places --------------------------------------------------------------------------------------

struct table {
	int64_t id; // 0: none is loaded
	struct geo_file *file;
};

static enum err open_table(struct pg *pg, const char *data_dir, struct table *t, struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	char path[TABLE_PATH];
	*t = (struct table){ 0 };
	enum err err = pg_query(pg, "geo_now", PG_NO_VALUES, &rows, f);
	if (err != ERR_OK || pg_rows_count(rows) == 0)
		return err;
	snprintf(path, sizeof(path), "%s/%s", data_dir, pg_rows_text(rows, 0, 1));
	err = geo_file_open(path, &t->file, f);
	if (err == ERR_OK)
		t->id = pg_rows_int(rows, 0, 0);
	return err;
}

static enum err put_place(struct pg *pg, const struct table *t, struct addr a,
			  struct correlate_counts *counts, struct fault *f)
{
	struct geo_place p = { .as_name = "" };
	bool found = geo_find(geo_file_table(t->file), a, &p);
	const char *name = found && p.as_name[0] != '\0' ? p.as_name : NULL;
	counts->placed++;
	counts->unknown += !found || p.country[0] == '\0';
	return pg_run(pg, "place_put",
		      PG_VALUES(pg_int(t->id), pg_addr(a), pg_text(found ? p.country : NULL),
				p.asn != 0 ? pg_int(p.asn) : pg_null(), pg_text(name)),
		      NULL, f);
}

static enum err put_places(struct pg *pg, const struct table *t, const struct pg_rows *rows,
			   struct correlate_counts *counts, struct fault *f)
{
	enum err err = pg_begin(pg, f);
	for (size_t i = 0; err == ERR_OK && i < pg_rows_count(rows); i++)
		err = put_place(pg, t, pg_rows_addr(rows, i, 0), counts, f);
	if (err == ERR_OK)
		return pg_commit(pg, f);
	pg_rollback(pg);
	return err;
}

enum err correlate_place(struct pg *pg, const char *data_dir, struct correlate_counts *counts,
			 struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	struct table t;
	enum err err = open_table(pg, data_dir, &t, f);
	if (err != ERR_OK || t.id == 0)
		return err;
	err = pg_query(pg, "place_wanted", PG_NO_VALUES, &rows, f);
	if (err == ERR_OK && pg_rows_count(rows) > 0)
		err = put_places(pg, &t, rows, counts, f);
	geo_file_close(&t.file);
	return err;
}

static enum err place_of(struct pg *pg, const struct table *t, const char *statement,
			 const uint8_t id[static 16], struct correlate_counts *counts,
			 struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	if (t->id == 0)
		return ERR_OK;
	enum err err = pg_query(pg, statement, PG_VALUES(pg_uuid(id), pg_int(t->id)), &rows, f);
	if (err == ERR_OK && pg_rows_count(rows) > 0)
		err = put_places(pg, t, rows, counts, f);
	return err;
}

static enum err place_run(struct pg *pg, const struct table *t, const uint8_t run[static 16],
			  struct correlate_counts *counts, struct fault *f)
{
	return place_of(pg, t, "place_wanted_run", run, counts, f);
}

enum err correlate_place_with(struct pg *pg, const char *data_dir, const char *statement,
			      const uint8_t id[static 16], struct correlate_counts *counts,
			      struct fault *f)
{
	struct table t;
	enum err err = open_table(pg, data_dir, &t, f);
	if (err == ERR_OK)
		err = place_of(pg, &t, statement, id, counts, f);
	geo_file_close(&t.file);
	return err;
}

// --- verdicts ------------------------------------------------------------------------------------

static enum err judge_runs(struct pg *pg, const struct pg_rows *runs, bool *empty, struct fault *f)
{
	enum err err = ERR_OK;
	*empty = false;
	for (size_t i = 0; err == ERR_OK && i < pg_rows_count(runs); i++) {
		uint8_t run[16];
		pg_rows_uuid(runs, i, 0, run);
		*empty |= pg_rows_bool(runs, i, 1);
		err = pg_run(pg, "correlate_judge", PG_VALUES(pg_uuid(run)), NULL, f);
	}
	return err;
}

static enum err place_runs(struct pg *pg, const char *data_dir, const struct pg_rows *runs,
			   struct correlate_counts *counts, struct fault *f)
{
	struct table t;
	enum err err = open_table(pg, data_dir, &t, f);
	for (size_t i = 0; err == ERR_OK && i < pg_rows_count(runs); i++) {
		uint8_t run[16];
		pg_rows_uuid(runs, i, 0, run);
		err = place_run(pg, &t, run, counts, f);
	}
	geo_file_close(&t.file);
	return err;
}

enum err correlate_judge(struct pg *pg, const char *data_dir, enum correlate_scope scope,
			 struct correlate_counts *counts, struct fault *f)
{
	bool again = scope == CORRELATE_AGAIN, empty = true;
	enum err err = ERR_OK;
	for (int round = 0; err == ERR_OK && empty && round < (again ? 1 : ROUNDS); round++) {
		AUTO(pg_rows_free) struct pg_rows *runs = NULL;
		err = again ? pg_query(pg, "correlate_runs", PG_NO_VALUES, &runs, f)
			    : pg_query(pg, "correlate_due",
				       PG_VALUES(pg_bool(scope == CORRELATE_KNOWN)), &runs, f);
		if (err != ERR_OK || pg_rows_count(runs) == 0)
			break;
		err = judge_runs(pg, runs, &empty, f);
		if (err == ERR_OK)
			counts->judged += pg_rows_count(runs);
		if (err == ERR_OK)
			err = place_runs(pg, data_dir, runs, counts, f);
	}
	return err == ERR_OK && again ? correlate_place(pg, data_dir, counts, f) : err;
}

enum err correlate_run(struct pg *pg, const char *data_dir, const uint8_t run[static 16],
		       struct correlate_counts *counts, struct fault *f)
{
	struct table t;
	enum err err = pg_run(pg, "correlate_judge", PG_VALUES(pg_uuid(run)), NULL, f);
	if (err != ERR_OK)
		return err;
	counts->judged++;
	err = open_table(pg, data_dir, &t, f);
	if (err == ERR_OK)
		err = place_run(pg, &t, run, counts, f);
	geo_file_close(&t.file);
	return err;
}

enum err correlate_turn(struct pg *pg, const char *data_dir, struct correlate_counts *counts,
			struct fault *f)
{
	enum err err = correlate_judge(pg, data_dir, CORRELATE_ENDED, counts, f);
	return err == ERR_OK ? correlate_scans(pg, data_dir, CORRELATE_ENDED, counts, f) : err;
}
