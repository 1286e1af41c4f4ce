// SPDX-License-Identifier: Apache-2.0
//
// The collector's end of the link, thinking half. What enters: frames with the key id that the
// CURVE handshake proved, the key table, cursors, commits, orders, the time. What leaves, through
// ingest_next: frames to send, streams to open, batches to store. It knows neither sockets nor the
// database, and nothing of what is in a record.
//
// A batch passes when, in this order: its session said HELLO, its key is good *now* (a revocation
// does not touch a live session), its seq is the next of its stream, its signature verifies, and
// its signed head says the same node, epoch and seq. It is acknowledged when ingest_committed says
// so, never before.
#pragma once

#include "base/arena.h"
#include "ingest/roll.h"
#include "msg/link.h"

#define INGEST_PEER_MAX     31                // bytes of a routing id; ROUTER's own have 5
#define INGEST_SESSIONS_MAX 20000             // sessions at once
#define INGEST_STREAMS_MAX  65536             // streams remembered
#define INGEST_CREDIT_ONE   (64 * 1024)       // bytes: one batch, what every welcome grants
#define INGEST_CREDIT_MOST  (4 * 1024 * 1024) // bytes one stream may have outstanding
#define INGEST_QUIET        (90 * NS_PER_S)   // a session not heard for so long is forgotten

struct ingest_peer {
	uint8_t len;
	uint8_t bytes[INGEST_PEER_MAX];
};

typedef void ingest_digest_fn(struct span in, uint8_t out[static 32]);
typedef bool ingest_verify_fn(const char *domain, const uint8_t digest[static 32],
			      const uint8_t sign[static 32], const uint8_t signature[static 64]);

struct ingest_config {
	ingest_digest_fn *digest; // shared/seal's, or a test's
	ingest_verify_fn *verify;
	const char *domain;
	uint64_t budget;  // bytes of bodies outstanding, all streams together
	uint64_t seed[2]; // random, for tables that strangers fill
};

enum ingest_refusal {
	INGEST_NO_HELLO,
	INGEST_UNKNOWN_KEY,
	INGEST_REVOKED,
	INGEST_VERSION,
	INGEST_WRONG_NAME,
	INGEST_WRONG_HEAD, // epoch or seq differ from the signed ones
	INGEST_GAP,
	INGEST_SIGNATURE,
	INGEST_UNREADABLE,
	INGEST_TOO_BIG,
	INGEST_BUSY,
	INGEST_FRAMES, // not a message of this protocol
	INGEST_REFUSALS,
};

const char *ingest_refusal_name(enum ingest_refusal r); // "bad_signature"

struct ingest_counts {
	uint64_t messages, batches, bytes, duplicates, acks, sessions_opened;
	uint64_t refused[INGEST_REFUSALS];
	uint64_t sessions, streams, outstanding; // now
};

struct ingest;

struct ingest *ingest_new(const struct ingest_config *c);
void ingest_free(struct ingest **in);
const struct ingest_counts *ingest_counts(const struct ingest *in);

// Takes the table over; NULL keeps nobody.
void ingest_roll(struct ingest *in, struct roll **roll);
const struct roll *ingest_roll_now(const struct ingest *in);

struct ingest_message {
	struct ingest_peer from;
	int32_t key; // registry.node_key.id that the handshake proved, 0: none
	struct span frames[4];
	size_t frame_count;
	struct mono now;
	struct wall wall;
};

// Afterwards take everything from ingest_next: what it lends borrows from the frames.
void ingest_hear(struct ingest *in, const struct ingest_message *m);
void ingest_tick(struct ingest *in, struct mono now);

// The stream (node, epoch) is raw.stream.ID and stands at LAST_SEQ.
void ingest_opened(struct ingest *in, int32_t node, uint64_t epoch, int32_t id, uint64_t last_seq);
// Everything of the stream up to LAST_SEQ is durable; BYTES of bodies are no longer outstanding.
void ingest_committed(struct ingest *in, uint32_t ticket, uint64_t last_seq, uint64_t bytes);
// Batch SEQ is durable, but only in quarantine.
void ingest_quarantined(struct ingest *in, uint32_t ticket, uint64_t seq);
// Nothing was stored and the cursor stands at LAST_SEQ: the agent must send again from there.
void ingest_conflict(struct ingest *in, uint32_t ticket, uint64_t last_seq, uint64_t bytes);
// While paused no credit is given; sessions stay.
void ingest_pause(struct ingest *in, bool paused);
// Hands a signed order to the node's sessions that have not had its serial.
void ingest_order(struct ingest *in, int32_t node, uint64_t serial, struct span signed_order);

enum ingest_kind {
	INGEST_SEND,    // head to peer
	INGEST_OPEN,    // find or make the stream (node, epoch), then ingest_opened
	INGEST_STORE,   // batch
	INGEST_WELCOME, // a session of node is live: hand it the orders it has not had
};

struct ingest_batch {
	uint32_t ticket;
	int32_t node, stream, key;
	uint64_t seq;
	struct wall received;
	struct span body;
	const uint8_t *digest;    // 32 bytes
	const uint8_t *signature; // 64 bytes
	const struct batch *read; // NULL: unreadable, see why
	enum err why;
};

struct ingest_want {
	enum ingest_kind kind;
	struct ingest_peer peer;
	struct link_head head;
	int32_t node;
	uint64_t epoch;
	struct ingest_batch batch;
};

bool ingest_next(struct ingest *in, struct ingest_want *out);
