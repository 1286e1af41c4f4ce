// SPDX-License-Identifier: Apache-2.0
//
// What the files of this room share, and nobody else sees.
#pragma once

#include <libpq-fe.h>

#include "pg/pg.h"

#define PG_PREPARED_MAX 256 // statements one connection uses; the tree has fewer

struct pg {
	PGconn *conn;
	const char *prepared[PG_PREPARED_MAX]; // borrowed names from sql_files
	size_t prepared_count;
};

// Turns the state of CONN (and RESULT, which may be NULL) into a fault. DOING: "statement
// node_add".
enum err pg_fault(PGconn *conn, const PGresult *result, const char *doing, struct fault *f);

// The text of KIND/NAME.sql; *PATH is the table's own constant string.
enum err pg_text_find(const char *kind, const char *name, const char **path, const char **text,
		      struct fault *f) MUSTUSE;

// Takes RESULT over, also when it fails; NULL without memory.
struct pg_rows *pg_rows_of(PGresult *result) MUSTUSE;
