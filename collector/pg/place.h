// SPDX-License-Identifier: Apache-2.0
//
// Where the database is: the connection string that was given, or the private cluster of a data
// folder. One rule for every program.
#pragma once

#include "pg/cluster.h"
#include "pg/pg.h"

struct place {
	bool given; // a connection string was given: starting and stopping is not our business
	char data[CLUSTER_PATH_MAX];
	char conninfo[PG_CONNINFO_MAX];
	struct cluster cluster; // meaningful unless GIVEN
};

// DATA, DB: what --data and --db said; empty or NULL: $WAYMARK_DATA, $WAYMARK_DB, then
// /var/lib/waymark for root and ~/.local/share/waymark for others. Touches nothing.
enum err place_find(const char *data, const char *db, struct place *out, struct fault *f) MUSTUSE;

// Private: makes and starts the cluster. Both: brings the schema up to date (pg/migrate.h).
enum err place_up(struct place *p, struct fault *f) MUSTUSE;
