// SPDX-License-Identifier: Apache-2.0
//
// The list of runs of one campaign and who may start next. Pure: knows no database and no clock.
#pragma once

#include "base/err.h"
#include "base/span.h"

#define CAMPAIGN_NODES_MAX 256
#define CAMPAIGN_APPS_MAX  32
#define CAMPAIGN_SLOTS_MAX 64 // pairs of phones that run at the same time

struct campaign_task {
	uint16_t a, b, app; // indices
	uint16_t failures;  // tries that failed so far
	bool begun;         // runs, or is over
};

struct campaign {
	struct campaign_task *tasks; // owned
	size_t count, begun;
	uint64_t again; // how often a task that failed is tried again
};

// Every unordered pair of NODES, self pairs included, for each of APPS, which take turns within a
// pair. REGIONS: one number per node, and only pairs within one region; NULL: all pairs.
enum err campaign_new(size_t nodes, size_t apps, const int64_t *regions, uint64_t again,
		      struct campaign *out) MUSTUSE;
void campaign_wipe(struct campaign *c);

// Begins the next task: what was tried least often comes first; among these the first whose nodes
// no RUNNING task uses, else the first. NULL: all have begun.
struct campaign_task *campaign_next(struct campaign *c, struct campaign_task *const *running,
				    size_t slots);
void campaign_begin(struct campaign *c, struct campaign_task *t);
// T's try failed. True: it waits for another, after all that has failed less often.
bool campaign_fail(struct campaign *c, struct campaign_task *t);
