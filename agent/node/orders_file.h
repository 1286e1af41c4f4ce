// SPDX-License-Identifier: Apache-2.0
//
// What the orders room keeps on disk, as text:
//
//     waymark-orders-v1
//     serial 1795200000123
//     open 00112233445566778899aabbccddeeff ffeeddccbbaa99887766554433221100
//     wait …
//
// The second word is the run; `open` was begun, `wait` only accepted; `stop` was taken back, and
// what of it was begun still has to be written off. Replaced whole at every change.
#pragma once

#include "msg/run.h"
#include "plan/plan.h"

struct orders_file {
	uint64_t serial;
	struct {
		struct run_id order, run;
		bool begun, withdrawn;
	} open[PLAN_SLOTS];
	size_t count;
};

// A missing file is an empty one. ERR_CORRUPT when it cannot be understood: obeying orders without
// knowing which serials are used up would let old ones be replayed.
enum err orders_file_read(const char *path, struct orders_file *out, struct fault *f) MUSTUSE;
enum err orders_file_write(const char *path, const struct orders_file *in, struct fault *f) MUSTUSE;

// The pure halves.
enum err orders_file_parse(struct span text, struct orders_file *out) MUSTUSE;
void orders_file_print(const struct orders_file *in, struct wr *out);
