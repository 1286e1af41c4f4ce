// SPDX-License-Identifier: Apache-2.0
//
// The only room that knows libpq. What enters: a statement's name (the file collector/sql/query/
// NAME.sql) and typed values; what leaves: rows with typed readers, and faults that say what to do.
// It does not know what a statement is for, and never glues text into SQL.
//
// Every statement is prepared once per connection, at first use. Parameters take the type that the
// statement gives them. A lost connection is ERR_UNREACHABLE from then on: close and open again.
#pragma once

#include "base/addr.h"
#include "base/err.h"
#include "base/span.h"
#include "base/time.h"

#define PG_CONNINFO_MAX 1024 // bytes of a connection string, NUL included
#define PG_PARAMS_MAX   32   // parameters of one statement
#define PG_CHANNEL_MAX  64
#define PG_PAYLOAD_MAX  256

// Channels that the database tells of (triggers in migrate/0005_tell.sql); the payload is the
// node's id as decimal text.
#define PG_CHANNEL_NODES  "waymark_nodes"  // a node or one of its keys was added, ended, revoked
#define PG_CHANNEL_ORDERS "waymark_orders" // an order was filed for the node

struct pg;
struct pg_rows;

enum pg_role {
	PG_OWNER, // who the connection string says: migrations and the operator's verbs
	PG_STORE, // SET ROLE waymark_store
	PG_JUDGE, // SET ROLE waymark_judge
	PG_READ,  // SET ROLE waymark_read, read-only transactions, statement_timeout 60 s
};

const char *pg_role_name(enum pg_role role); // "waymark_store"; "" for PG_OWNER

// Connects within 5 s unless CONNINFO says otherwise. Session: UTC, ISO dates, names in full.
enum err pg_open(const char *conninfo, enum pg_role role, struct pg **out, struct fault *f) MUSTUSE;
void pg_close(struct pg **pg);

// --- values ---

enum pg_kind {
	PG_NULL,
	PG_TEXT,
	PG_INT,
	PG_REAL,
	PG_BOOL,
	PG_BYTES,
	PG_UUID,
	PG_WALL,
	PG_ADDR,
};

struct pg_value {
	enum pg_kind kind;
	union {
		struct span span; // TEXT BYTES UUID: borrowed until the call returns
		int64_t i;        // INT BOOL
		double real;
		struct wall wall;
		struct addr addr; // family 0 is null
	};
};

struct pg_value pg_null(void);
struct pg_value pg_text(const char *text); // NULL is null, "" is an empty text
struct pg_value pg_span(struct span text); // NULL start is null
struct pg_value pg_int(int64_t v);
struct pg_value pg_real(double v);
struct pg_value pg_bool(bool v);
struct pg_value pg_bytes(struct span bytes);      // NULL start is null
struct pg_value pg_uuid(const uint8_t bytes[16]); // all zero is null
struct pg_value pg_wall(struct wall t);           // 0 is null; stored to the microsecond
struct pg_value pg_addr(struct addr a);

#define PG_VALUES(...)                                                                             \
	(const struct pg_value[]){ __VA_ARGS__ },                                                  \
		sizeof((const struct pg_value[]){ __VA_ARGS__ }) / sizeof(struct pg_value)
#define PG_NO_VALUES NULL, 0

// --- statements ---

// NAME: collector/sql/query/NAME.sql, one statement, parameters $1, $2 … Caller frees *OUT.
//     pg_query(pg, "node_list", PG_VALUES(pg_text("vantage")), &rows, f)
enum err pg_query(struct pg *pg, const char *name, const struct pg_value *values, size_t count,
		  struct pg_rows **out, struct fault *f) MUSTUSE;

// The same with fields in PostgreSQL's binary form, as COPY BINARY has them: of the readers only
// pg_rows_raw and pg_rows_null may be asked then.
enum err pg_query_raw(struct pg *pg, const char *name, const struct pg_value *values, size_t count,
		      struct pg_rows **out, struct fault *f) MUSTUSE;

// The same when no rows are wanted. *CHANGED (may be NULL): how many rows were inserted, updated or
// deleted.
enum err pg_run(struct pg *pg, const char *name, const struct pg_value *values, size_t count,
		uint64_t *changed, struct fault *f) MUSTUSE;

// Prepares without running: what the schema test does with every statement.
enum err pg_prepare(struct pg *pg, const char *name, struct fault *f) MUSTUSE;

// Several statements as one text that is part of the program, e.g. a migration.
enum err pg_script(struct pg *pg, const char *text, struct fault *f) MUSTUSE;

enum err pg_begin(struct pg *pg, struct fault *f) MUSTUSE;
enum err pg_commit(struct pg *pg, struct fault *f) MUSTUSE;
void pg_rollback(struct pg *pg); // no transaction: nothing

// --- rows ---
//
// Readers
// give zero, NULL or empty for an SQL null. Asking for a type that the column has not is our own
// contradiction and asserts. What they lend lives until pg_rows_free.

void pg_rows_free(struct pg_rows **rows);
size_t pg_rows_count(const struct pg_rows *rows);
bool pg_rows_null(const struct pg_rows *rows, size_t row, size_t column);
const char *pg_rows_text(const struct pg_rows *rows, size_t row, size_t column); // any type
int64_t pg_rows_int(const struct pg_rows *rows, size_t row, size_t column);
double pg_rows_real(const struct pg_rows *rows, size_t row, size_t column);
bool pg_rows_bool(const struct pg_rows *rows, size_t row, size_t column);
struct span pg_rows_bytes(struct pg_rows *rows, size_t row, size_t column); // bytea
struct wall pg_rows_wall(const struct pg_rows *rows, size_t row, size_t column);
struct addr pg_rows_addr(const struct pg_rows *rows, size_t row, size_t column); // inet
struct span pg_rows_raw(const struct pg_rows *rows, size_t row, size_t column);  // pg_query_raw
size_t pg_rows_columns(const struct pg_rows *rows);
void pg_rows_uuid(const struct pg_rows *rows, size_t row, size_t column, uint8_t out[static 16]);

// --- bulk ---
//
// NAME:
// collector/sql/copy/NAME.sql, one COPY … FROM STDIN (FORMAT binary).

// Between begin and end only pg_copy_put may be called. Spans are copied before the call returns
// and may break anywhere; the caller writes header, rows and trailer of the format.
enum err pg_copy_begin(struct pg *pg, const char *name, struct fault *f) MUSTUSE;
enum err pg_copy_put(struct pg *pg, struct span bytes, struct fault *f) MUSTUSE;
enum err pg_copy_end(struct pg *pg, struct fault *f) MUSTUSE;
void pg_copy_abort(struct pg *pg, const char *why); // the COPY, and so its transaction, fails

// --- being told ---

struct pg_notice {
	char channel[PG_CHANNEL_MAX];
	char payload[PG_PAYLOAD_MAX];
};

enum err pg_listen(struct pg *pg, const char *channel, struct fault *f) MUSTUSE;
int pg_fd(const struct pg *pg); // readable: call pg_notified until ERR_AGAIN
enum err pg_notified(struct pg *pg, struct pg_notice *out, struct fault *f) MUSTUSE;
