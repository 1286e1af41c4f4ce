// SPDX-License-Identifier: Apache-2.0
//
// Gives verdicts: which servers were the messenger's, where addresses are. What enters: a
// connection as waymark_judge and the data folder with the compiled geolocation tables; what
// leaves: rows of schema judge. The rules themselves are SQL (migrate/0011_server_rule.sql); this
// room only says for which runs, in which order, and looks addresses up. Doing it twice changes
// nothing, and two at once do not disturb each other.
#pragma once

#include "pg/pg.h"

struct correlate_counts {
	uint64_t judged;  // runs
	uint64_t placed;  // addresses looked up
	uint64_t unknown; // of these, without a country
	uint64_t scans;   // of open resolvers
	uint64_t pairs;   // judged in them
	uint64_t pages;   // in which signatures were looked for
};

enum correlate_scope {
	CORRELATE_ENDED, // runs that came to their end and were not judged on all that is known
	CORRELATE_KNOWN, // the same, of runs still under way too
	CORRELATE_AGAIN, // all runs afresh, and every address that has no place yet
};

// COUNTS is added to. Runs are judged before places are looked up, so that a missing table does not
// stop verdicts. No table loaded yet is fine.
enum err correlate_judge(struct pg *pg, const char *data_dir, enum correlate_scope scope,
			 struct correlate_counts *counts, struct fault *f) MUSTUSE;

// One run, known by its id, afresh.
enum err correlate_run(struct pg *pg, const char *data_dir, const uint8_t run[static 16],
		       struct correlate_counts *counts, struct fault *f) MUSTUSE;

// Every address that the table in force was not asked for yet: after a table was loaded.
enum err correlate_place(struct pg *pg, const char *data_dir, struct correlate_counts *counts,
			 struct fault *f) MUSTUSE;

// Scans of open resolvers, by the same scopes; one afresh.
enum err correlate_scans(struct pg *pg, const char *data_dir, enum correlate_scope scope,
			 struct correlate_counts *counts, struct fault *f) MUSTUSE;
enum err correlate_scan(struct pg *pg, const char *data_dir, const uint8_t scan[static 16],
			struct correlate_counts *counts, struct fault *f) MUSTUSE;

// What the collector does every few seconds: CORRELATE_ENDED. Cheap when nothing is due.
enum err correlate_turn(struct pg *pg, const char *data_dir, struct correlate_counts *counts,
			struct fault *f) MUSTUSE;
