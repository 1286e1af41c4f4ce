// SPDX-License-Identifier: Apache-2.0
//
// What every verb with a database shares: where the database is, how to print, how to end. A verb's
// own option struct begins with `struct central`, its option table with CENTRAL_OPTIONS.
#pragma once

#include <stddef.h>

#include "cli/grid.h"
#include "cli/json.h"
#include "cli/options.h"
#include "pg/place.h"

struct central {
	char data[CLUSTER_PATH_MAX];
	char db[PG_CONNINFO_MAX];
	bool json, csv;
};

// clang-format off
#define CENTRAL_PLACE                                                                              \
	{ .name = "data", .kind = CONF_TEXT, .offset = offsetof(struct central, data),             \
	  .size = CLUSTER_PATH_MAX, .value = "DIR",                                                \
	  .help = "data folder with the private database ($WAYMARK_DATA)" },                       \
	{ .name = "db", .kind = CONF_TEXT, .offset = offsetof(struct central, db),                 \
	  .size = PG_CONNINFO_MAX, .value = "CONNINFO",                                            \
	  .help = "your own PostgreSQL instead ($WAYMARK_DB)" }
#define CENTRAL_FORM                                                                               \
	{ .name = "json", .kind = CONF_BOOL, .offset = offsetof(struct central, json),             \
	  .help = "JSON lines" },                                                                  \
	{ .name = "csv", .kind = CONF_BOOL, .offset = offsetof(struct central, csv),               \
	  .help = "CSV with a heading" }
// clang-format on
#define CENTRAL_OPTIONS CENTRAL_PLACE, CENTRAL_FORM

// Opens the database that the options say.
enum err central_open(const struct central *c, enum pg_role role, struct pg **out,
		      struct fault *f) MUSTUSE;

enum grid_form central_form(const struct central *c);

// All rows of RESULT under HEADINGS, column by column, on standard output. true and false for
// booleans: the statement says so by a text column.
void central_print(const struct central *c, const struct pg_rows *rows,
		   const char *const *headings);

// The exit status; prints the fault when ERR says there is one.
int central_end(const char *program, enum err err, const struct fault *f);

// "waymark node add" wants exactly the words that its synopsis says.
enum err central_words(const struct cli *cli, size_t least, size_t most, const char *synopsis,
		       struct fault *f) MUSTUSE;

// The command line of a verb with one word. *WORD: NULL where help was asked for and given.
enum err central_read(int argc, char **argv, const struct conf_option *options,
		      const struct cli_usage *usage, void *out, const char **word,
		      struct fault *f) MUSTUSE;

// A verb that takes no words and prints all rows of STATEMENT.
struct central_list {
	const char *program, *synopsis, *statement;
	const char *const *headings;
};
int central_list(int argc, char **argv, const struct central_list *list);

// A verb that runs STATEMENT with its words as $1, $2 …; none changed: not found.
struct central_change {
	const char *program, *synopsis, *text, *statement;
	size_t words;
	const char *missing; // "no such node, or it is revoked already"
	enum err (*check)(char *const *words, struct fault *f); // of the words, may be NULL
};
int central_change(int argc, char **argv, const struct central_change *change);
