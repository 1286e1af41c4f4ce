// SPDX-License-Identifier: Apache-2.0
//
// `waymark backends`: the remote ends of a run with what decided on them, and what people decide
// otherwise. What enters: a run or an address from the command line; what leaves: rows, or one row
// of judge.server_override. How servers are told apart is not known here: that is SQL.
#pragma once

#include "cli/central.h"
#include "pg/pg.h"

struct backends_options {
	struct central central;
	char run[64], app[64], port[8], decision[16], reason[512], by[64], withdraw[24];
	bool why, list;
};

// `waymark backends override [ADDR[/LEN]]`: one decision, a withdrawal, or the list of them.
enum err backends_override(const struct backends_options *o, const char *word,
			   struct fault *f) MUSTUSE;

// ROWS are those of backends_list, HITS those of backends_hits; RUN is its number.
void backends_print_why(const char *run, const struct pg_rows *rows, const struct pg_rows *hits);
void backends_print_json(const char *run, const struct pg_rows *rows, const struct pg_rows *hits);

// Columns of backends_list.
enum backends_column {
	SERVER_SIDE,
	SERVER_PROTO,
	SERVER_ADDR,
	SERVER_PORT,
	SERVER_DECISION,
	SERVER_SCORE,
	SERVER_BY_TIME,
	SERVER_BY_BOTH,
	SERVER_BY_NAME,
	SERVER_BY_ADDR,
	SERVER_BY_PORT,
	SERVER_MATCHED,
	SERVER_IN_EMPTY,
	SERVER_BYTES,
	SERVER_COUNTRY,
	SERVER_RULE,
	SERVER_NAMES,
	SERVER_BY_VOLUME,
	SERVER_ANSWERED,
	SERVER_ISOLATED,
	SERVER_SIGN,
	SERVER_VERSION,
	SERVER_SAYS,
	SERVER_JUDGED,
	SERVER_OVERRIDE,
	SERVER_MADE_BY,
	SERVER_MADE,
	SERVER_REASON,
	SERVER_EMPTY_RUNS, // all apps closed
	SERVER_EMPTY_COUNT,
	SERVER_IDLE_RUNS, // the run's app open and idle
	SERVER_IDLE_COUNT,
	SERVER_IN_CLOSED,
	SERVER_IN_IDLE,
	SERVER_QUIET,
	SERVER_BY_ISOLATION,
	SERVER_COLUMNS
};
extern const char *const backends_headings[SERVER_COLUMNS + 1];

// Columns of backends_hits; the first four name the server.
enum hit_column { HIT_MESSAGE = 4, HIT_WHAT, HIT_AT, HIT_BURST, HIT_OFF, HIT_BOTH };
