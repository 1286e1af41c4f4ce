// SPDX-License-Identifier: Apache-2.0
//
// What the files of this room share.
#pragma once

#include <limits.h>

#include "spool/seg.h"
#include "spool/spool.h"

#define SPOOL_OPEN_MAX (SPOOL_BATCH_SIZE + SPOOL_FIELD_MAX + SPOOL_HEAD_MAX)

// One good head in a segment.
struct entry {
	uint64_t seq, before;
	uint64_t at; // offset
	uint32_t size, records;
	bool damaged; // its payload
};

// What is known of a segment without reading it again.
struct segment {
	uint64_t name;          // number in its file name
	uint64_t first, last;   // good heads; last < first: none
	uint64_t before, after; // records of the stream below first, and up to last
	uint64_t bytes;         // used
	uint64_t room;          // on disk
};

struct spool {
	struct spool_config c;
	char dir[PATH_MAX - 32];
	int lock, state, journal, active; // descriptors; active: of the last segment, or -1
	struct seg_state at;
	uint64_t too_big;         // batch the collector refuses for its size, or 0
	uint64_t next_seq, total; // total: records in all sealed batches
	uint64_t found;           // records of the stream that were whole when it was opened
	struct segment *segments; // oldest first
	size_t segment_count, segment_cap;
	// The open batch: room for the head, then records as they will be signed.
	uint8_t *open;
	size_t open_len;
	uint32_t open_records;
	struct mono open_since;
	uint64_t journal_len;
	struct spool_gap lost[SPOOL_LOSS_COUNT]; // not yet in a batch
	uint64_t dropped;
	// Good heads of the one segment being read.
	uint64_t index_of; // its name, 0: none
	struct entry *index;
	size_t index_count, index_cap;
	uint8_t *frame; // one record on its way to or from the disk
};

#define FRAME_MAX (SEG_RECORD_HEAD + SEAL_SIGNATURE_SIZE + SPOOL_OPEN_MAX + 8)

// recover.c
enum err spool_recover(struct spool *s, struct fault *f) MUSTUSE;

// segments.c
void spool_segment_path(const struct spool *s, uint64_t name, char out[static PATH_MAX]);
enum err spool_segment_scan(struct spool *s, struct segment *g,
			    struct fault *f) MUSTUSE; // fills index
enum err spool_segment_add(struct spool *s, const struct segment *g, struct fault *f) MUSTUSE;
enum err spool_segment_append(struct spool *s, struct span signature, struct span body,
			      uint32_t records, struct fault *f) MUSTUSE;
void spool_segments_trim(struct spool *s); // deletes whole segments at or below at.acked
uint64_t spool_segments_bytes(const struct spool *s);
enum err spool_index_put(struct spool *s, const struct entry *e, struct fault *f) MUSTUSE;

// state.c
enum err spool_state_open(struct spool *s, bool *fresh, struct fault *f) MUSTUSE;
enum err spool_state_put(struct spool *s, bool sync, struct fault *f) MUSTUSE;
enum err spool_file(const struct spool *s, const char *name, int *fd, struct fault *f) MUSTUSE;

// journal.c
enum err spool_journal_open(struct spool *s, char **bytes, size_t *len, struct fault *f) MUSTUSE;
enum err spool_journal_load(struct spool *s, struct span in, struct fault *f) MUSTUSE;
enum err spool_journal_begin(struct spool *s, struct fault *f) MUSTUSE; // empty, for batch next_seq
enum err spool_journal_put(struct spool *s, struct span fields, uint32_t records,
			   struct fault *f) MUSTUSE;
enum err spool_journal_renumber(struct spool *s, struct fault *f) MUSTUSE;

// spool.c: one loss as a record, false when there is none
bool spool_lost_write(struct spool *s, enum spool_loss why, struct wr *out);
void spool_lose(struct spool *s, enum spool_loss why, uint64_t records, uint64_t bytes);
