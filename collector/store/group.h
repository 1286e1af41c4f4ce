// SPDX-License-Identifier: Apache-2.0
//
// Batches that will share one transaction, already as COPY rows: what enters is an admitted batch,
// what leaves is one buffer per table and the new place of each stream's cursor. Where each batch
// ends in each buffer is kept, so that one batch which the database refuses can be taken out and
// the others stored. Pure; it knows neither the database nor who sends.
#pragma once

#include "store/rows.h"

#define GROUP_BATCHES_MAX 4096 // batches in one transaction

struct group_batch {
	uint32_t ticket; // the caller's mark
	struct rows_key key;
	uint32_t bytes;          // of the body
	bool unreadable;         // only in quarantine
	size_t end[ROWS_TABLES]; // where its rows end
	struct rows_batch told;  // spans into the group's own copy of the body are made on demand
	uint8_t digest[32], signature[64];
	size_t body_at; // of the body's bytes within the ROWS_BODY buffer
};

// One stream's move in this group.
struct group_cursor {
	uint32_t ticket;
	int32_t stream;
	uint64_t from, to; // last_seq before and after
	uint64_t bytes;    // of bodies
};

struct group {
	struct wr tables[ROWS_TABLES]; // storage owned
	struct group_batch *batches;   // owned
	struct group_cursor *cursors;  // owned
	size_t batch_count, batch_cap, cursor_count, cursor_cap;
	uint64_t rows, traces, bytes;
	uint64_t spoiled; // records that could not be stored as rows
	bool conflict;    // the database's cursors were elsewhere; cursors[].to says where
};

struct group *group_new(void);
void group_free(struct group **g);
void group_reset(struct group *g); // empty, storage kept

// BATCH is NULL when the body could not be read, WHY then says how. DETAIL may be NULL.
// ERR_FULL: close this group first. ERR_MEMORY: nothing was added.
enum err group_put(struct group *g, uint32_t ticket, const struct rows_batch *b,
		   const struct batch *batch, enum err why, const char *detail) MUSTUSE;

// The rows of batch I in table T.
struct span group_slice(const struct group *g, size_t i, enum rows_table t);

// A group that holds batch I of G alone, whole in quarantine: for a batch the database refuses.
enum err group_refuse(const struct group *g, size_t i, const char *detail,
		      struct group *out) MUSTUSE;
