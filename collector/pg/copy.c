// SPDX-License-Identifier: Apache-2.0
#include <assert.h>

#include "pg/pg.h"
#include "pg/pg_own.h"

static enum err start(struct pg *pg, const char *name, ExecStatusType want, struct fault *f)
{
	const char *path = NULL, *text = NULL;
	enum err err = pg_text_find("copy", name, &path, &text, f);
	if (err != ERR_OK)
		return err;
	PGresult *r = PQexec(pg->conn, text);
	if (PQresultStatus(r) != want)
		err = pg_fault(pg->conn, r, path, f);
	PQclear(r);
	return err;
}

// Reads results until there are none; the first failure is the fault.
static enum err finish(struct pg *pg, struct fault *f)
{
	enum err err = ERR_OK;
	for (PGresult *r; (r = PQgetResult(pg->conn)) != NULL; PQclear(r)) {
		if (PQresultStatus(r) != PGRES_COMMAND_OK && err == ERR_OK)
			err = pg_fault(pg->conn, r, "copy", f);
		if (PQstatus(pg->conn) == CONNECTION_BAD) {
			PQclear(r);
			break;
		}
	}
	return err;
}

enum err pg_copy_begin(struct pg *pg, const char *name, struct fault *f)
{
	return start(pg, name, PGRES_COPY_IN, f);
}

enum err pg_copy_put(struct pg *pg, struct span bytes, struct fault *f)
{
	if (PQputCopyData(pg->conn, (const char *)bytes.at, (int)bytes.len) == 1)
		return ERR_OK;
	return pg_fault(pg->conn, NULL, "copy", f);
}

enum err pg_copy_end(struct pg *pg, struct fault *f)
{
	if (PQputCopyEnd(pg->conn, NULL) != 1)
		return pg_fault(pg->conn, NULL, "copy", f);
	return finish(pg, f);
}

void pg_copy_abort(struct pg *pg, const char *why)
{
	struct fault expected;
	if (PQputCopyEnd(pg->conn, why) != 1)
		return;
	enum err err = finish(pg, &expected);
	assert(err != ERR_OK);
}
