// SPDX-License-Identifier: Apache-2.0
#include "pg/pg.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pg/pg_own.h"
#include "pg/sql_files.h"

const char *pg_role_name(enum pg_role role)
{
	static const char *const names[] = {
		[PG_OWNER] = "",
		[PG_STORE] = "waymark_store",
		[PG_JUDGE] = "waymark_judge",
		[PG_READ] = "waymark_read",
	};
	assert((size_t)role < COUNT(names));
	return names[role];
}

// What a state of SQL (an exact code, or a class of two letters) means to us, and what to do.
static const struct {
	const char *state;
	enum err err;
	const char *advice;
} states[] = {
	{ "08", ERR_UNREACHABLE, "" },
	{ "57P01", ERR_UNREACHABLE, "" },
	{ "57P02", ERR_UNREACHABLE, "" },
	{ "57P03", ERR_UNREACHABLE, "" },
	{ "53300", ERR_UNREACHABLE, "" },
	{ "57014", ERR_TIMEOUT, "" },
	{ "42501", ERR_PERMIT, "; connect as the owner, or run `waymark db check`" },
	{ "25006", ERR_PERMIT, "; this connection only reads" },
	{ "3F000", ERR_USAGE, "; run `waymark db migrate`" },
	{ "42P01", ERR_USAGE, "; run `waymark db migrate`" },
	{ "42703", ERR_USAGE, "; run `waymark db migrate`" },
	{ "42883", ERR_USAGE, "; run `waymark db migrate`" },
	{ "42704", ERR_USAGE, "; run `waymark db migrate`" },
	{ "23505", ERR_EXISTS, "" },
	{ "23503", ERR_MISSING, "" },
	{ "23", ERR_RANGE, "" },
	{ "22", ERR_RANGE, "" },
	{ "40", ERR_AGAIN, "" },
	{ "53", ERR_IO, "; make room on the disk of the database" },
	{ "XX", ERR_CORRUPT, "" },
};

static size_t state_row(const char *state)
{
	for (size_t i = 0; i < COUNT(states); i++)
		if (strncmp(state, states[i].state, strlen(states[i].state)) == 0)
			return i;
	return COUNT(states);
}

// libpq speaks in several lines; a fault is one sentence.
static void one_line(const char *in, char *out, size_t cap)
{
	size_t n = 0;
	for (; *in != '\0' && n + 1 < cap; in++) {
		char c = *in == '\n' || *in == '\t' ? ' ' : *in;
		if (c == ' ' && (n == 0 || out[n - 1] == ' '))
			continue;
		out[n++] = c;
	}
	while (n > 0 && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
}

enum err pg_fault(PGconn *conn, const PGresult *result, const char *doing, struct fault *f)
{
	char text[160];
	if (PQstatus(conn) == CONNECTION_BAD) {
		one_line(PQerrorMessage(conn), text, sizeof(text));
		return fault_set(f, ERR_UNREACHABLE, 0, "%s: the database went away: %s", doing,
				 text);
	}
	const char *state = result == NULL ? NULL : PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *what =
		result == NULL ? NULL : PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	one_line(what != NULL ? what : PQerrorMessage(conn), text, sizeof(text));
	size_t row = state_row(state != NULL ? state : "");
	if (row == COUNT(states))
		return fault_set(f, ERR_IO, 0, "%s: %s (%s)", doing, text, state ? state : "-");
	return fault_set(f, states[row].err, 0, "%s: %s%s", doing, text, states[row].advice);
}

enum err pg_text_find(const char *kind, const char *name, const char **path, const char **text,
		      struct fault *f)
{
	char want[128];
	snprintf(want, sizeof(want), "%s/%s.sql", kind, name);
	for (const struct sql_file *s = sql_files; s->path != NULL; s++) {
		if (strcmp(s->path, want) != 0)
			continue;
		*path = s->path;
		*text = s->text;
		return ERR_OK;
	}
	return fault_set(f, ERR_STATE, 0, "this program carries no statement %s", want);
}

static void ignore_notice(void *self, const char *text)
{
	(void)self;
	(void)text;
}

static PGconn *dial(const char *conninfo)
{
	// Before dbname: the connection string overrules. After it: we do.
	const char *const keys[] = { "connect_timeout", "fallback_application_name",
				     "keepalives_idle", "dbname",
				     "client_encoding", NULL };
	const char *const values[] = { "5", "waymark", "30", conninfo, "UTF8", NULL };
	return PQconnectdbParams(keys, values, 1);
}

static enum err unreachable(PGconn *conn, struct fault *f)
{
	char text[150];
	one_line(PQerrorMessage(conn), text, sizeof(text));
	// libpq's own advice gives way to ours.
	char *advice = strstr(text, " Is the server running");
	if (advice != NULL)
		*advice = '\0';
	return fault_set(f, ERR_UNREACHABLE, 0,
			 "database unreachable: %s; `waymark db start` starts a private one", text);
}

static enum err settle(struct pg *pg, enum pg_role role, struct fault *f)
{
	enum err err = pg_script(pg,
				 "SET search_path = pg_catalog, pg_temp; SET TimeZone = 'UTC';"
				 "SET DateStyle = 'ISO'; SET IntervalStyle = 'postgres';"
				 "SET bytea_output = 'hex'; SET extra_float_digits = 1;"
				 "SET client_min_messages = warning",
				 f);
	if (err != ERR_OK || role == PG_OWNER)
		return err;
	// set_config takes the role's name as a value, and says 22023 when there is none.
	const char *const values[] = { pg_role_name(role) };
	PGresult *r = PQexecParams(pg->conn, "SELECT set_config('role', $1, false)", 1, NULL,
				   values, NULL, NULL, 0);
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
	if (state != NULL && strcmp(state, "22023") == 0)
		err = fault_set(f, ERR_USAGE, 0,
				"the database has no role %s; run `waymark db migrate`", values[0]);
	else if (PQresultStatus(r) != PGRES_TUPLES_OK)
		err = pg_fault(pg->conn, r, "taking on a role", f);
	PQclear(r);
	if (err == ERR_OK && role == PG_READ)
		err = pg_script(pg,
				"SET default_transaction_read_only = on;"
				"SET statement_timeout = '60s'",
				f);
	return err;
}

enum err pg_open(const char *conninfo, enum pg_role role, struct pg **out, struct fault *f)
{
	struct pg *pg = calloc(1, sizeof(*pg));
	if (pg == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory for a database connection");
	pg->conn = dial(conninfo);
	enum err err = ERR_OK;
	if (PQstatus(pg->conn) != CONNECTION_OK)
		err = unreachable(pg->conn, f);
	if (err == ERR_OK) {
		PQsetNoticeProcessor(pg->conn, ignore_notice, NULL);
		err = settle(pg, role, f);
	}
	if (err != ERR_OK) {
		pg_close(&pg);
		return err;
	}
	*out = pg;
	return ERR_OK;
}

void pg_close(struct pg **pg)
{
	if (*pg == NULL)
		return;
	PQfinish((*pg)->conn);
	free(*pg);
	*pg = NULL;
}

enum err pg_script(struct pg *pg, const char *text, struct fault *f)
{
	PGresult *r = PQexec(pg->conn, text);
	ExecStatusType status = PQresultStatus(r);
	enum err err = ERR_OK;
	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
		err = pg_fault(pg->conn, r, "database", f);
	PQclear(r);
	return err;
}

enum err pg_begin(struct pg *pg, struct fault *f)
{
	return pg_script(pg, "BEGIN", f);
}

enum err pg_commit(struct pg *pg, struct fault *f)
{
	// COMMIT of a failed transaction "succeeds" as a rollback: that is no commit.
	PGresult *r = PQexec(pg->conn, "COMMIT");
	enum err err = ERR_OK;
	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		err = pg_fault(pg->conn, r, "commit", f);
	else if (strcmp(PQcmdStatus(r), "COMMIT") != 0)
		err = fault_set(f, ERR_STATE, 0, "commit: the transaction had failed before");
	PQclear(r);
	return err;
}

void pg_rollback(struct pg *pg)
{
	if (pg != NULL && PQtransactionStatus(pg->conn) != PQTRANS_IDLE)
		PQclear(PQexec(pg->conn, "ROLLBACK"));
}

// --- being told ---

enum err pg_listen(struct pg *pg, const char *channel, struct fault *f)
{
	char *quoted = PQescapeIdentifier(pg->conn, channel, strlen(channel));
	if (quoted == NULL)
		return fault_set(f, ERR_FORMAT, 0, "not a channel: %s", channel);
	char text[2 * PG_CHANNEL_MAX + 16];
	snprintf(text, sizeof(text), "LISTEN %s", quoted);
	PQfreemem(quoted);
	return pg_script(pg, text, f);
}

int pg_fd(const struct pg *pg)
{
	return PQsocket(pg->conn);
}

enum err pg_notified(struct pg *pg, struct pg_notice *out, struct fault *f)
{
	PGnotify *n = PQnotifies(pg->conn);
	if (n == NULL && PQconsumeInput(pg->conn) != 1)
		return pg_fault(pg->conn, NULL, "waiting for news", f);
	if (n == NULL)
		n = PQnotifies(pg->conn);
	if (n == NULL)
		return ERR_AGAIN;
	snprintf(out->channel, sizeof(out->channel), "%s", n->relname);
	snprintf(out->payload, sizeof(out->payload), "%s", n->extra);
	PQfreemem(n);
	return ERR_OK;
}
