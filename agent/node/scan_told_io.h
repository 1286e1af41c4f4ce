// SPDX-License-Identifier: Apache-2.0
//
// The log of what a scan's visit tells: keys, each noted down at once and unbuffered, so that they
// outlive a kill of this process as the records' journal does. A visit that goes on asks what was
// told before, and tells it no second time. A key is noted before its record is put, and with it
// the place in the stream that the record will have: whoever comes back after a kill in between
// finds a note whose place the stream never came to, and strikes it out. So every record is told
// exactly once. Room for a key is taken on the disk before; where the disk has none, nothing more
// is told: the visit stops, and is opened again when there is some.
#pragma once

#include <sys/types.h>

#include "node/scan_file_io.h"
#include "spool/spool.h"

#define SCAN_TOLD_KEY 24 // bytes of a key, at most

struct table;

struct scan_told {
	int file; // -1: closed
	size_t size;
	struct table *keys; // told before we were started
	off_t length, room; // of the file, and up to where the disk has room for it
	struct fault stop;  // why nothing more can be told: sticks
	char path[SCAN_FILE_PATH];
};

// For all scans of the data folder, when the spool was opened: strikes out what was noted and whose
// record is not among those FOUND in it.
enum err scan_told_settle(const char *data, struct spool_place found, struct fault *f) MUSTUSE;

// KEY_SIZE is at most SCAN_TOLD_KEY. ERR_AGAIN: the disk has no room for another key.
enum err scan_told_open(struct scan_told *t, const char *data, const struct run_id *order,
			size_t key_size, struct fault *f) MUSTUSE;
void scan_told_close(struct scan_told *t);

bool scan_told_has(const struct scan_told *t, const void *key);
bool scan_told_take(struct scan_told *t, const void *key); // … and does no longer

// Notes KEY; its record is put next, at PLACE. False: stopped, and it must not be put.
bool scan_told_begin(struct scan_told *t, const void *key, struct spool_place place);
// The record was put; not STORED: stopped, and its key is not told.
void scan_told_end(struct scan_told *t, bool stored);
bool scan_told_stopped(const struct scan_told *t);

size_t scan_told_count(const struct scan_told *t);

// All of it is told elsewhere now (a checkpoint).
enum err scan_told_clear(struct scan_told *t, struct fault *f) MUSTUSE;
