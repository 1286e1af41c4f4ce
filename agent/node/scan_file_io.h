// SPDX-License-Identifier: Apache-2.0
//
// What a scan's order leaves in the data folder until it has ended, so that it goes on after the
// agent was stopped or killed: the order itself (`.order`), how far it is (`.state`: a checkpoint
// of the visit's own making), what of it was told since (`.noted`).
#pragma once

#include "msg/order.h"
#include "node/config.h"

#define SCAN_FILE_PATH (NODE_PATH + 64)

void scan_file_name(const char *data, const struct run_id *order, const char *what,
		    char out[static SCAN_FILE_PATH]);

enum err scan_file_put(const char *data, const struct order *o, struct fault *f) MUSTUSE;
// The order as it was put; the caller frees *OUT. ERR_MISSING: there is none.
enum err scan_file_take(const char *data, const struct run_id *order, char **out, size_t *len,
			struct fault *f) MUSTUSE;

// It was under way once: there is a checkpoint of it, or something of it was told.
bool scan_file_begun(const char *data, const struct run_id *order);

// A checkpoint: what is written between begin and save, replaced whole, with a checksum.
#define SCAN_FILE_HEAD 16
#define SCAN_FILE_TAIL 4 // what of the room begin and save need
struct wr scan_file_begin(uint8_t *room, size_t size);
enum err scan_file_save(const char *path, struct wr *w, struct fault *f) MUSTUSE;
// ERR_MISSING: none, ERR_CORRUPT: it does not add up. The caller frees *OUT, where STATE lies.
enum err scan_file_load(const char *path, char **out, struct span *state, struct fault *f) MUSTUSE;

void scan_file_remove(const char *data, const struct run_id *order); // it has ended
