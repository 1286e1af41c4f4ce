// SPDX-License-Identifier: Apache-2.0
#include "cli/db.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/central.h"
#include "cli/verb.h"
#include "pg/migrate.h"

static const struct conf_option place_options[] = { CENTRAL_PLACE, { .name = NULL } };

// Reads the options of a verb without words. True: go on.
static bool begin(int argc, char **argv, const char *synopsis, struct place *place,
		  const char *const *text, int *status)
{
	struct central c = { 0 };
	struct cli cli = { 0 };
	struct fault f;
	const struct cli_usage usage = { .synopsis = synopsis, .text = *text };
	enum err err = cli_read(argc, argv, place_options, &usage, &c, &cli, &f);
	*status = 0;
	if (err == ERR_OK && cli.helped)
		return false;
	if (err == ERR_OK)
		err = central_words(&cli, 0, 0, synopsis, &f);
	if (err == ERR_OK)
		err = place_find(c.data, c.db, place, &f);
	*status = central_end("waymark db", err, &f);
	return err == ERR_OK;
}

static enum err migrate(const char *conninfo, struct fault *f)
{
	struct pg *pg = NULL;
	struct migrate_report r;
	enum err err = pg_open(conninfo, PG_OWNER, &pg, f);
	if (err == ERR_OK)
		err = migrate_run(pg, &r, f);
	pg_close(&pg);
	if (err == ERR_OK && r.before == r.after)
		fprintf(stderr, "waymark db: schema is up to date (migration %d)\n", r.after);
	else if (err == ERR_OK)
		fprintf(stderr, "waymark db: schema brought from migration %d to %d\n", r.before,
			r.after);
	return err;
}

static int db_init(int argc, char **argv)
{
	static const char *const text =
		"Makes the private database of the data folder, starts it and brings its schema up "
		"to date;\nwith --db only the last. Running it again changes nothing.";
	struct place p;
	struct fault f;
	int status;
	if (!begin(argc, argv, "waymark db init [--data DIR | --db CONNINFO]", &p, &text, &status))
		return status;
	enum err err = p.given ? ERR_OK : cluster_init(&p.cluster, &f);
	if (err == ERR_OK && !p.given)
		fprintf(stderr, "waymark db: private PostgreSQL in %s%s%s%s\n", p.cluster.pg,
			p.cluster.user[0] != '\0' ? " (runs as user " : "", p.cluster.user,
			p.cluster.user[0] != '\0' ? ")" : "");
	if (err == ERR_OK)
		err = migrate(p.given ? p.conninfo : p.cluster.conninfo, &f);
	return central_end("waymark db", err, &f);
}

static enum err not_ours(const struct place *p, struct fault *f)
{
	if (!p->given)
		return ERR_OK;
	return fault_set(f, ERR_USAGE, 0,
			 "only a private database is started and stopped here, not one given by "
			 "--db");
}

static int db_start(int argc, char **argv)
{
	static const char *const text = "Starts the private database; running already is fine.";
	struct place p;
	struct fault f;
	int status;
	if (!begin(argc, argv, "waymark db start [--data DIR]", &p, &text, &status))
		return status;
	enum err err = not_ours(&p, &f);
	if (err == ERR_OK)
		err = cluster_start(&p.cluster, &f);
	return central_end("waymark db", err, &f);
}

static int db_stop(int argc, char **argv)
{
	static const char *const text = "Stops the private database; stopped already is fine.";
	struct place p;
	struct fault f;
	int status;
	if (!begin(argc, argv, "waymark db stop [--data DIR]", &p, &text, &status))
		return status;
	enum err err = not_ours(&p, &f);
	if (err == ERR_OK)
		err = cluster_stop(&p.cluster, &f);
	return central_end("waymark db", err, &f);
}

static int db_migrate(int argc, char **argv)
{
	static const char *const text = "Brings the schema up to date. Only ever forward.";
	struct place p;
	struct fault f;
	int status;
	if (!begin(argc, argv, "waymark db migrate [--data DIR | --db CONNINFO]", &p, &text,
		   &status))
		return status;
	enum err err = migrate(p.conninfo, &f);
	return central_end("waymark db", err, &f);
}

static int db_path(int argc, char **argv)
{
	static const char *const text = "Prints the connection string, for psql and others.";
	struct place p;
	int status;
	if (!begin(argc, argv, "waymark db path [--data DIR | --db CONNINFO]", &p, &text, &status))
		return status;
	puts(p.conninfo);
	return 0;
}

// psql as waymark_read; what follows `--` goes to psql.
static int db_psql(int argc, char **argv)
{
	struct central c = { 0 };
	struct cli cli = { 0 };
	struct fault f;
	struct place p;
	const struct cli_usage usage = {
		.synopsis = "waymark db psql [--data DIR | --db CONNINFO] [-- PSQL-OPTION …]",
		.text = "Opens psql on the database, reading only, as role waymark_read.",
		.examples = "  waymark db psql -- -c 'SELECT * FROM v1.node'\n",
	};
	enum err err = cli_read(argc, argv, place_options, &usage, &c, &cli, &f);
	if (err == ERR_OK && cli.helped)
		return 0;
	if (err == ERR_OK)
		err = place_find(c.data, c.db, &p, &f);
	if (err != ERR_OK)
		return cli_fail("waymark db psql", &f);
	char **words = calloc(cli.count + 4, sizeof(*words));
	if (words == NULL)
		return 1;
	char program[] = "psql", no_rc[] = "--no-psqlrc";
	words[0] = program;
	words[1] = no_rc;
	words[2] = p.conninfo;
	for (size_t i = 0; i < cli.count; i++)
		words[3 + i] = cli.words[i];
	setenv("PGOPTIONS",
	       "-c role=waymark_read -c default_transaction_read_only=on "
	       "-c statement_timeout=10min -c search_path=v1,pg_catalog -c timezone=UTC",
	       1);
	setenv("PGAPPNAME", "waymark db psql", 1);
	execvp(words[0], words);
	free(words);
	return cli_fail("waymark db psql",
			&(struct fault){ .err = ERR_MISSING,
					 .what = "psql is not installed; `apt install "
						 "postgresql-client`" });
}

static const struct verb verbs[] = {
	{ "init", db_init, "make, start and migrate the private database" },
	{ "start", db_start, "start the private database" },
	{ "stop", db_stop, "stop the private database" },
	{ "migrate", db_migrate, "bring the schema up to date" },
	{ "check", db_check, "say what is right and wrong with it" },
	{ "psql", db_psql, "a read-only SQL session" },
	{ "path", db_path, "print the connection string" },
	{ NULL, NULL, NULL },
};

int db_verb(int argc, char **argv)
{
	return verb_dispatch(verbs, "db", argc, argv);
}
