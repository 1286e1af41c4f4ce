// SPDX-License-Identifier: Apache-2.0
//
// The bytes of spool files, pure: what a segment, the journal and the state file are made of. It
// knows neither files nor what a payload means. All integers little-endian, everything aligned
// to 8.
//
//   segment, journal   head │ record │ record │ … │ zeros (room not yet used)
//
//   head    0        8        16       24       32       40        44      48
//           ┌────────┬────────┬────────┬────────┬────────┬─────────┬───────┐
//           │ magic  │version │ epoch  │  seq   │ before │ zero    │ crc   │
//           └────────┴────────┴────────┴────────┴────────┴─────────┴───────┘
//   record  0     4      8        16       24        28         32       36     40
//           ┌─────┬──────┬────────┬────────┬─────────┬──────────┬────────┬──────┬─────────┬─────┐
//           │ len │ type │  seq   │ before │ records │ body crc │  zero  │ crc  │ payload │ pad │
//           └─────┴──────┴────────┴────────┴─────────┴──────────┴────────┴──────┴─────────┴─────┘
//
// `before` counts records of the stream up to here, so that what lies between two good heads can be
// counted even when nothing of it can be read. The two CRCs tell a damaged head from a damaged
// payload. The head's CRC is seeded with the epoch, a random number, so that nobody who gets bytes
// into a payload can make a record of them.
#pragma once

#include "base/err.h"
#include "base/span.h"

#define SEG_HEAD_SIZE   48
#define SEG_RECORD_HEAD 40
#define SEG_PAYLOAD_MAX (1024 * 1024)
#define SEG_VERSION     1

enum seg_kind {
	SEG_SEGMENT = 1,
	SEG_JOURNAL = 2,
};

struct seg_head {
	enum seg_kind kind;
	uint64_t epoch;
	uint64_t seq;    // segment: of its first batch; journal: of the batch being built
	uint64_t before; // records of the stream in batches below `seq`
};

enum seg_type {
	SEG_BATCH = 1, // signature, then body
	SEG_FIELD =
		2, // one encoded record of the open batch (journal); `before` is its place in it
};

struct seg_record {
	enum seg_type type;
	uint64_t seq, before;
	uint32_t records;
	struct span payload;
};

void seg_head_write(const struct seg_head *in, uint8_t out[static SEG_HEAD_SIZE]);
enum err seg_head_read(struct span in, struct seg_head *out) MUSTUSE;

// Bytes a record with LEN bytes of payload takes.
size_t seg_size(size_t len);

// Writes head and payload with its pad: OUT has room for seg_size(in->payload.len).
void seg_record_write(const struct seg_record *in, uint64_t epoch, uint8_t *out);

// The record at the front of IN; *SIZE is what it takes.
//   ERR_OK       whole
//   ERR_MISSING  nothing was ever written here (zeros, or no bytes at all)
//   ERR_CORRUPT  its head is good, its payload is not: everything but `payload` may be believed
//   ERR_FORMAT   its head is damaged: *SIZE is 0, see seg_seek
enum err seg_record_read(struct span in, uint64_t epoch, struct seg_record *out,
			 size_t *size) MUSTUSE;

// The next place at or after FROM (rounded up to 8) with a good head; in.len when there is none.
size_t seg_seek(struct span in, size_t from, uint64_t epoch);

#define SEG_STATE_SIZE 512 // one of the two slots of the state file

// Where the stream stands at the collector. The slot with the higher generation counts.
struct seg_state {
	uint64_t generation, epoch;
	uint64_t acked;            // highest batch the collector has committed
	uint64_t acked_total;      // records of the stream up to there
	uint64_t overflow;         // missing batches up to here were dropped for want of room
	uint64_t lost, lost_bytes; // refused for want of room, and not yet in a batch
};

void seg_state_write(const struct seg_state *in, uint8_t out[static SEG_STATE_SIZE]);
enum err seg_state_read(struct span in, struct seg_state *out) MUSTUSE;
