// SPDX-License-Identifier: Apache-2.0
//
// The records an agent has not yet been rid of. In go encoded records (one field of a batch each);
// out come signed batches, numbered without holes, until they are acknowledged. The promise: what
// was sealed here comes out exactly as it was, or its place in the stream is taken by a batch that
// says how many records were lost and why. It knows neither protobuf (two callbacks write head and
// gap) nor the network.
//
//   DIR/lock      held while open: two agents never share a spool
//   DIR/state     two slots of 512 bytes: what the collector has
//   DIR/journal   the open batch, one write per record: survives the death of the process
//   DIR/<seq>.seg 16 MiB of sealed batches, synced at every seal: survives the death of the machine
//
// A batch's records leave the journal only after the batch is synced; the journal says which batch
// it is building, so after a crash they are in exactly one of the two.
#pragma once

#include "base/time.h"
#include "seal/seal.h"

#define SPOOL_FIELD_MAX  (256 * 1024 + 16)  // bytes of one encoded record
#define SPOOL_BATCH_SIZE (60 * 1024)        // a batch that would grow past this is sealed first
#define SPOOL_BATCH_TIME NS_PER_S           // and so is one as old as this
#define SPOOL_HEAD_MAX   1024               // bytes a head callback may write
#define SPOOL_SEGMENT    (16 * 1024 * 1024) // bytes of one segment file
#define SPOOL_SOFT       (512ULL << 20)     // past this, work that can wait should
#define SPOOL_HARD       (1ULL << 30)       // past this, the oldest segment is dropped

// Why records are lost: numbers of Gap.Reason.
enum spool_loss {
	SPOOL_FORGOTTEN = 0, // delivered once; the collector has lost it, and here it is gone
	SPOOL_TORN = 1,
	SPOOL_DAMAGED = 2,
	SPOOL_OVERFLOW = 3,
	SPOOL_TOO_BIG = 4,
	SPOOL_LOSS_COUNT,
};

struct spool_gap {
	enum spool_loss reason;
	uint64_t records, bytes; // 0: not known
	struct wall at;
	uint64_t first_seq, last_seq; // batches lost whole, or 0
};

// Writes the head of batch SEQ with RECORDS records in front of them.
typedef enum err spool_head_fn(void *self, struct wr *out, uint64_t epoch, uint64_t seq,
			       uint32_t records);
// Writes one gap as a record.
typedef enum err spool_gap_fn(void *self, struct wr *out, const struct spool_gap *gap);

struct spool_config {
	const char *dir;
	const struct seal_secret *secret; // signs batches; outlives the spool
	spool_head_fn *head;
	spool_gap_fn *gap;
	void *self;
	uint64_t soft, hard; // bytes on disk; 0: SPOOL_SOFT, SPOOL_HARD
	uint64_t segment;    // bytes; 0: SPOOL_SEGMENT
};

struct spool;

// ERR_EXISTS when another process has it open; ERR_CORRUPT when nothing tells which stream the
// folder holds. Never deletes what it cannot read.
enum err spool_open(const struct spool_config *c, struct spool **out, struct fault *f) MUSTUSE;
void spool_close(struct spool **s); // the open batch stays in the journal

// One encoded record. It is safe from the death of the process when this returns ERR_OK. Otherwise
// it is counted, and a gap goes into the next batch that can be stored.
enum err spool_put(struct spool *s, struct span field, struct mono now, struct fault *f) MUSTUSE;

// Seals the open batch when it is old enough, or at once; nothing to seal is ERR_OK.
enum err spool_tick(struct spool *s, struct mono now, struct fault *f) MUSTUSE;
enum err spool_seal(struct spool *s, struct fault *f) MUSTUSE;
struct mono spool_deadline(const struct spool *s); // when spool_tick wants to be called

struct spool_batch {
	struct span body;         // borrowed until the next call
	const uint8_t *signature; // SEAL_SIGNATURE_SIZE bytes, borrowed likewise
};

// Batch SEQ, first_unacked <= SEQ < next_seq (else ERR_MISSING). A batch that is lost gives one
// that says so, signed, under the same number.
enum err spool_peek(struct spool *s, uint64_t seq, struct spool_batch *out,
		    struct fault *f) MUSTUSE;

// Everything up to SEQ is committed at the collector; whole segments go.
enum err spool_ack(struct spool *s, uint64_t seq, struct fault *f) MUSTUSE;

// The collector will never take batch SEQ: from now on a gap stands in its place.
enum err spool_replace(struct spool *s, uint64_t seq, struct fault *f) MUSTUSE;

// The collector has batches up to SEQ that this spool never made (it is an old copy of itself):
// what it holds up to there is given up as a gap, and numbers go on after SEQ.
enum err spool_jump(struct spool *s, uint64_t seq, struct fault *f) MUSTUSE;

// A place in the stream: how many records, gaps among them, stand before it, sealed or not.
struct spool_place {
	uint64_t epoch, records;
};
struct spool_place spool_place(const struct spool *s); // of the record that is put next
// The end of what was whole when the spool was opened: a record of an earlier process is there if
// its place lies before.
struct spool_place spool_found(const struct spool *s);

struct spool_state {
	uint64_t epoch, first_unacked, next_seq;
	uint64_t bytes;   // on disk
	uint64_t dropped; // records lost since spool_open
	bool pressed;     // past the soft limit
};
struct spool_state spool_state(const struct spool *s);
