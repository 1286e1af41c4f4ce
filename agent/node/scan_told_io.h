// SPDX-License-Identifier: Apache-2.0
//
// The log of what a scan's visit told: keys of one size, each written down at once and unbuffered,
// so that it outlives a kill of this process as the record's journal does. A visit that goes on
// asks what was told before, and tells it no second time. Room for a key is taken on the disk
// before its record is made; where the disk has none, nothing more is told: the visit stops, and is
// opened again when there is some.
#pragma once

#include <sys/types.h>

#include "node/scan_file_io.h"

struct table;

struct scan_told {
	int file; // -1: closed
	size_t size;
	struct table *keys; // told before we were started
	off_t length, room; // of the file, and up to where the disk has room for it
	struct fault stop;  // why nothing more can be told: sticks
	char path[SCAN_FILE_PATH];
};

// ERR_AGAIN: the disk has no room for another key.
enum err scan_told_open(struct scan_told *t, const char *data, const struct run_id *order,
			size_t key_size, struct fault *f) MUSTUSE;
void scan_told_close(struct scan_told *t);

bool scan_told_has(const struct scan_told *t, const void *key);
bool scan_told_take(struct scan_told *t, const void *key); // … and does no longer

// Before a record is made: its key will have room. False: stopped.
bool scan_told_ready(struct scan_told *t);
// After it was, with what that gave; not STORED: stopped, and KEY is not told.
void scan_told_put(struct scan_told *t, const void *key, bool stored);
bool scan_told_stopped(const struct scan_told *t);

size_t scan_told_count(const struct scan_told *t);

// All of it is told elsewhere now (a checkpoint).
enum err scan_told_clear(struct scan_told *t, struct fault *f) MUSTUSE;
