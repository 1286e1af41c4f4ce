// SPDX-License-Identifier: Apache-2.0
//
// What a DNS scan of this node needs to go on after the agent was stopped or killed: the order, a
// checkpoint of its matrix, and a log of the pairs told since that checkpoint, so that none of them
// is told twice. Three files in the data folder, gone when the scan has ended.
#pragma once

#include "dns/matrix.h"
#include "msg/order.h"
#include "node/config.h"

struct scan_keep {
	char order[NODE_PATH + 64], state[NODE_PATH + 64], told[NODE_PATH + 64];
	uint64_t seed[2];
	int log;            // of the pairs told
	struct table *pick; // told before we were started, and not come up again since
	uint8_t *room;      // of one checkpoint
	size_t size;
	struct mono next;
};

// A fresh seed, or that of the scan gone on with.
enum err scan_keep_open(struct scan_keep *k, const char *data, const struct run_id *order,
			struct fault *f) MUSTUSE;
void scan_keep_close(struct scan_keep *k);
void scan_keep_remove(struct scan_keep *k); // the scan has ended

// Notes down the order, or brings M (untouched) to where the checkpoint says.
enum err scan_keep_begin(struct scan_keep *k, const struct order *o, struct dns_matrix *m,
			 struct fault *f) MUSTUSE;
// P has come up and was told before we were started: asked each time once.
bool scan_keep_is_told(struct scan_keep *k, const struct dns_pick *p);
void scan_keep_tell(struct scan_keep *k, const struct dns_pick *p); // after its record was put
// When due, or when FORCE.
enum err scan_keep_tick(struct scan_keep *k, const struct dns_matrix *m, struct mono now,
			bool force, struct fault *f) MUSTUSE;

// The order of a scan that was under way; its texts live in ARENA. ERR_MISSING: there is none.
enum err scan_keep_find(const char *data, const struct run_id *order, struct arena *arena,
			struct order *out, struct fault *f) MUSTUSE;
