// SPDX-License-Identifier: Apache-2.0
//
// The log of what a scan's visit told: keys of one size, each written down at once and unbuffered,
// so that it outlives a kill of this process as the record's journal does. A visit that goes on
// asks what was told before, and tells it no second time.
#pragma once

#include "node/scan_file.h"

struct table;

struct scan_told {
	int file; // -1: closed
	size_t size;
	struct table *keys; // told before we were started
	char path[SCAN_FILE_PATH];
};

enum err scan_told_open(struct scan_told *t, const char *data, const struct run_id *order,
			size_t key_size, struct fault *f) MUSTUSE;
void scan_told_close(struct scan_told *t);

bool scan_told_has(const struct scan_told *t, const void *key);
bool scan_told_take(struct scan_told *t, const void *key); // … and does no longer
void scan_told_put(struct scan_told *t, const void *key);  // after its record was put
size_t scan_told_count(const struct scan_told *t);

// All of it is told elsewhere now (a checkpoint).
enum err scan_told_clear(struct scan_told *t, struct fault *f) MUSTUSE;
