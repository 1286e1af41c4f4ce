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
	bool begun;
};

struct campaign {
	struct campaign_task *tasks; // owned
	size_t count, begun;
};

// Every unordered pair of NODES, self pairs included, for each of APPS, which take turns within a
// pair. REGIONS: one number per
// node, and only pairs within one region; NULL: all pairs.
enum err campaign_new(size_t nodes, size_t apps, const int64_t *regions,
		      struct campaign *out) MUSTUSE;
void campaign_wipe(struct campaign *c);

// The next task: the first whose nodes no RUNNING task uses, else the first not begun. NULL: none.
struct campaign_task *campaign_next(struct campaign *c, struct campaign_task *const *running,
				    size_t slots);
