// SPDX-License-Identifier: Apache-2.0
//
// Brings the schema forward: the files of collector/sql/migrate in the order of their numbers, each
// in a transaction of its own, remembered with its digest in registry.migration. Never backward. A
// file that changed after it was applied, or a database newer than this program, is refused.
#pragma once

#include "pg/pg.h"

struct migrate_report {
	int before, after; // number of the last migration; 0: none
	char roles[160];   // roles that must be made by hand, with the statement; empty: none
};

// PG is the owner. REPORT may be NULL. Two programs at once: the second waits for the first.
enum err migrate_run(struct pg *pg, struct migrate_report *report, struct fault *f) MUSTUSE;

// Number of the newest migration this program carries, and of the newest applied one (0: none).
int migrate_newest(void);
enum err migrate_applied(struct pg *pg, int *out, struct fault *f) MUSTUSE;

// ERR_USAGE with "run `waymark db migrate`" unless the database is exactly as new as this program.
enum err migrate_check(struct pg *pg, struct fault *f) MUSTUSE;
