// SPDX-License-Identifier: Apache-2.0
//
// What a DNS scan of this node needs to go on after the agent was stopped or killed: a checkpoint
// of its matrix, and the pairs told since that checkpoint, so that none of them is told twice.
#pragma once

#include "dns/matrix.h"
#include "node/scan_told_io.h"

struct scan_keep {
	char state[SCAN_FILE_PATH];
	uint64_t seed[2];
	struct scan_told told; // struct dns_pick
	uint8_t *room;         // of one checkpoint
	size_t size;
	struct mono next;
};

// A fresh seed, or that of the scan gone on with.
enum err scan_keep_open(struct scan_keep *k, const char *data, const struct run_id *order,
			struct fault *f) MUSTUSE;
void scan_keep_close(struct scan_keep *k);

// The first checkpoint, or brings M (untouched) to where it says.
enum err scan_keep_begin(struct scan_keep *k, struct dns_matrix *m, struct fault *f) MUSTUSE;
// P has come up and was told before we were started: asked each time once.
bool scan_keep_is_told(struct scan_keep *k, const struct dns_pick *p);
// When due, or when FORCE. Nothing is kept once K->told has stopped: the matrix has gone past what
// was told.
enum err scan_keep_tick(struct scan_keep *k, const struct dns_matrix *m, struct mono now,
			bool force, struct fault *f) MUSTUSE;
