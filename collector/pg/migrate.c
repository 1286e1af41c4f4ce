// SPDX-License-Identifier: Apache-2.0
#include "pg/migrate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "pg/sql_files.h"

#define MIGRATE_DIR "migrate/"

// "migrate/0001_base.sql" → 1; 0 for other files.
static int number_of(const struct sql_file *file)
{
	uint64_t n = 0;
	size_t dir = strlen(MIGRATE_DIR);
	if (strncmp(file->path, MIGRATE_DIR, dir) != 0 || strlen(file->path) < dir + 5 ||
	    file->path[dir + 4] != '_')
		return 0;
	return text_u64(span_of(file->path + dir, 4), 1, 9999, &n) == ERR_OK ? (int)n : 0;
}

// The Makefile sorts the table: numbers rise, and files of one number are neighbours.
static const struct sql_file *next_file(int after)
{
	for (const struct sql_file *s = sql_files; s->path != NULL; s++)
		if (number_of(s) > after)
			return s;
	return NULL;
}

int migrate_newest(void)
{
	int newest = 0;
	for (const struct sql_file *s = sql_files; s->path != NULL; s++)
		newest = number_of(s) > newest ? number_of(s) : newest;
	return newest;
}

static enum err is_there(struct pg *pg, bool *there, struct fault *f)
{
	struct pg_rows *rows = NULL;
	enum err err = pg_query(pg, "migration_table", PG_NO_VALUES, &rows, f);
	*there = err == ERR_OK && pg_rows_bool(rows, 0, 0);
	pg_rows_free(&rows);
	return err;
}

enum err migrate_applied(struct pg *pg, int *out, struct fault *f)
{
	struct pg_rows *rows = NULL;
	bool there;
	*out = 0;
	enum err err = is_there(pg, &there, f);
	if (err != ERR_OK || !there)
		return err;
	err = pg_query(pg, "migration_last", PG_NO_VALUES, &rows, f);
	if (err == ERR_OK)
		*out = (int)pg_rows_int(rows, 0, 0);
	pg_rows_free(&rows);
	return err;
}

enum err migrate_check(struct pg *pg, struct fault *f)
{
	int applied, newest = migrate_newest();
	enum err err = migrate_applied(pg, &applied, f);
	if (err != ERR_OK || applied == newest)
		return err;
	if (applied > newest)
		return fault_set(f, ERR_USAGE, 0,
				 "the database is at migration %d, this program knows %d: use a "
				 "newer program",
				 applied, newest);
	return fault_set(f, ERR_USAGE, 0,
			 "the database is at migration %d, this program wants %d; run `waymark db "
			 "migrate`",
			 applied, newest);
}

// Two rooms may have taken one number at the same time; only one of the files would be applied.
static enum err check_numbers(struct fault *f)
{
	for (const struct sql_file *s = sql_files; s->path != NULL && s[1].path != NULL; s++)
		if (number_of(s) != 0 && number_of(s) == number_of(s + 1))
			return fault_set(f, ERR_STATE, 0, "%s and %s have one number", s->path,
					 s[1].path);
	return ERR_OK;
}

// Every applied file must still be the one we carry.
static enum err check_digests(struct pg *pg, struct fault *f)
{
	enum err err = ERR_OK;
	for (const struct sql_file *s = sql_files; err == ERR_OK && s->path != NULL; s++) {
		struct pg_rows *rows = NULL;
		if (number_of(s) == 0)
			continue;
		err = pg_query(pg, "migration_same",
			       PG_VALUES(pg_int(number_of(s)), pg_text(s->text)), &rows, f);
		if (err == ERR_OK && pg_rows_count(rows) > 0 && !pg_rows_bool(rows, 0, 0))
			err = fault_set(f, ERR_CORRUPT, 0,
					"%s is not the file that was applied to this database; "
					"what is applied never changes, add a new file",
					s->path);
		pg_rows_free(&rows);
	}
	return err;
}

static enum err apply(struct pg *pg, const struct sql_file *file, struct fault *f)
{
	struct fault why;
	enum err err = pg_begin(pg, f);
	if (err != ERR_OK)
		return err;
	err = pg_script(pg, file->text, &why);
	if (err != ERR_OK) {
		pg_rollback(pg);
		return fault_set(f, err, 0, "%s: %.180s", file->path, why.what);
	}
	err = pg_script(pg, sql_file_find("setup/migration.sql"), f);
	if (err == ERR_OK)
		err = pg_run(pg, "migration_put",
			     PG_VALUES(pg_int(number_of(file)), pg_text(file->path),
				       pg_text(file->text)),
			     NULL, f);
	if (err == ERR_OK)
		return pg_commit(pg, f);
	pg_rollback(pg);
	return err;
}

// The group roles belong to the whole server; who may not make them is told what to run.
static enum err make_roles(struct pg *pg, char *missing, size_t cap, struct fault *f)
{
	struct wr w = wr_of(missing, cap - 1);
	memset(missing, 0, cap);
	for (enum pg_role role = PG_STORE; role <= PG_READ; role++) {
		struct pg_rows *rows = NULL;
		char script[64];
		enum err err =
			pg_query(pg, "role_find", PG_VALUES(pg_text(pg_role_name(role))), &rows, f);
		bool there = err == ERR_OK && pg_rows_count(rows) > 0;
		pg_rows_free(&rows);
		if (err != ERR_OK)
			return err;
		if (there)
			continue;
		snprintf(script, sizeof(script), "setup/%s.sql", pg_role_name(role));
		err = pg_script(pg, sql_file_find(script), f);
		if (err == ERR_PERMIT)
			wr_format(&w, "CREATE ROLE %s; ", pg_role_name(role));
		else if (err != ERR_OK && err != ERR_EXISTS)
			return err;
	}
	if (w.len == 0)
		return ERR_OK;
	return fault_set(
		f, ERR_PERMIT, 0,
		"this user may not make roles; as a superuser run: %s and grant them to it",
		missing);
}

enum err migrate_run(struct pg *pg, struct migrate_report *report, struct fault *f)
{
	struct migrate_report own;
	struct migrate_report *r = report != NULL ? report : &own;
	memset(r, 0, sizeof(*r));
	enum err err = check_numbers(f);
	if (err == ERR_OK)
		err = pg_run(pg, "migration_lock", PG_NO_VALUES, NULL, f);
	if (err != ERR_OK)
		return err;
	err = make_roles(pg, r->roles, sizeof(r->roles), f);
	if (err == ERR_OK)
		err = migrate_applied(pg, &r->before, f);
	if (err == ERR_OK && r->before > migrate_newest())
		err = migrate_check(pg, f);
	if (err == ERR_OK && r->before > 0)
		err = check_digests(pg, f);
	r->after = r->before;
	for (const struct sql_file *s; err == ERR_OK && (s = next_file(r->after)) != NULL;) {
		err = apply(pg, s, f);
		if (err == ERR_OK)
			r->after = number_of(s);
	}
	if (err == ERR_OK)
		err = pg_run(pg, "partition_make", PG_NO_VALUES, NULL, f);
	struct fault ignored;
	enum err unlocked = pg_run(pg, "migration_unlock", PG_NO_VALUES, NULL, &ignored);
	return err != ERR_OK ? err : unlocked;
}
