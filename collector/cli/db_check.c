// SPDX-License-Identifier: Apache-2.0
//
// `waymark db check`: one line per question, ok, warn or fail. Exit status 1 when one failed, 5
// when the database cannot be reached.
#include <stdio.h>

#include "cli/central.h"
#include "cli/db.h"
#include "pg/migrate.h"

static const struct conf_option options[] = { CENTRAL_PLACE, { .name = NULL } };

enum verdict {
	VERDICT_OK,
	VERDICT_WARN,
	VERDICT_FAIL,
};

static bool say(enum verdict v, const char *what, const char *detail)
{
	static const char *const words[] = { "ok", "warn", "fail" };
	printf("%-4s  %-11s %s\n", words[v], what, detail);
	return v != VERDICT_FAIL;
}

// Statements check_*.sql answer rows (verdict, what, detail); no row: nothing to say.
static bool ask(struct pg *pg, const char *statement)
{
	struct pg_rows *rows = NULL;
	struct fault f;
	bool good = true;
	if (pg_query(pg, statement, PG_NO_VALUES, &rows, &f) != ERR_OK)
		return say(VERDICT_FAIL, statement, f.what);
	for (size_t i = 0; i < pg_rows_count(rows); i++)
		good &= say((enum verdict)pg_rows_int(rows, i, 0), pg_rows_text(rows, i, 1),
			    pg_rows_text(rows, i, 2));
	pg_rows_free(&rows);
	return good;
}

static bool check_schema(struct pg *pg)
{
	struct fault f;
	char text[64];
	if (migrate_check(pg, &f) != ERR_OK)
		return say(VERDICT_FAIL, "schema", f.what);
	snprintf(text, sizeof(text), "migration %d, as this program wants", migrate_newest());
	return say(VERDICT_OK, "schema", text);
}

// Taking on a role is the only honest test of whether one may.
static bool check_roles(const char *conninfo)
{
	bool good = true;
	for (enum pg_role role = PG_STORE; role <= PG_READ; role++) {
		struct pg *pg = NULL;
		struct fault f;
		if (pg_open(conninfo, role, &pg, &f) != ERR_OK)
			good = say(VERDICT_FAIL, pg_role_name(role), f.what);
		pg_close(&pg);
	}
	return !good || say(VERDICT_OK, "roles", "store, judge and read can be taken on");
}

int db_check(int argc, char **argv)
{
	struct central c = { 0 };
	struct cli cli = { 0 };
	struct fault f;
	struct place p;
	struct pg *pg = NULL;
	const struct cli_usage usage = {
		.synopsis = "waymark db check [--data DIR | --db CONNINFO]",
		.text = "Reachable, migrated, roles, partitions, comments: a line each.",
	};
	enum err err = cli_read(argc, argv, options, &usage, &c, &cli, &f);
	if (err == ERR_OK && cli.helped)
		return 0;
	if (err == ERR_OK)
		err = place_find(c.data, c.db, &p, &f);
	if (err == ERR_OK)
		err = pg_open(p.conninfo, PG_OWNER, &pg, &f);
	if (err != ERR_OK) {
		say(VERDICT_FAIL, "reachable", f.what);
		return err_exit(err);
	}
	bool good = say(VERDICT_OK, "reachable", p.conninfo);
	good &= ask(pg, "check_server");
	if (check_schema(pg)) {
		good &= check_roles(p.conninfo);
		good &= ask(pg, "check_partition");
		good &= ask(pg, "check_comment");
		good &= ask(pg, "check_stream");
	} else {
		good = false;
	}
	pg_close(&pg);
	return good ? 0 : 1;
}
