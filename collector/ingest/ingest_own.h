// SPDX-License-Identifier: Apache-2.0
//
// What the files of this thinking half share: sessions, streams, the queue of wants.
#pragma once

#include "base/table.h"
#include "ingest/ingest.h"

#define WANTS_FIRST 64
#define NO_SESSION  UINT32_MAX
#define NO_STREAM   UINT32_MAX
#define NO_FREE     UINT32_MAX

struct session {
	bool used, live; // live: welcomed
	struct ingest_peer peer;
	int32_t node, key;
	uint32_t stream; // index, or NO_STREAM; of a free slot: the next free one
	uint64_t last_serial;
	uint64_t told;     // credit the agent was last told
	struct wall hello; // when it said HELLO
	struct mono heard, stored;
};

struct stream {
	bool used, open; // open: id is known
	int32_t node, id;
	uint64_t epoch;
	uint64_t committed, taken;
	uint64_t outstanding; // bytes taken and not committed
	uint64_t gap_told;    // the `taken` that the last NACK GAP named, plus one
	struct mono gap_at;
	struct mono asked; // when the database was last asked for it
	uint32_t session;  // index, or NO_SESSION; of a free slot: the next free one
};

struct stream_key {
	uint64_t epoch;
	int64_t node;
};

struct ingest {
	struct ingest_config config;
	struct ingest_counts counts;
	struct roll *roll;
	struct table *by_peer, *by_epoch; // → index
	struct session *sessions;
	struct stream *streams;
	uint32_t session_top, stream_top;   // indices ever used
	uint32_t session_free, stream_free; // chains of given-back indices
	struct ingest_want *wants;          // ring, owned
	size_t want_at, want_count, want_cap;
	struct arena arena; // one message's reading
	uint8_t digest[32];
	struct mono ticked;
	uint64_t share; // credit one stream has now
	bool paused;
};

struct ingest_want *own_want(struct ingest *in, enum ingest_kind kind);
void own_send(struct ingest *in, struct session *s, const struct link_head *head);
void own_count(struct ingest *in, enum ingest_refusal r);
void own_ack(struct ingest *in, struct stream *t);
uint64_t own_credit(const struct ingest *in, const struct session *s);
void own_reject(struct ingest *in, const struct ingest_peer *peer, enum reject_reason why,
		uint32_t after_s, const char *detail);
struct session *own_session(struct ingest *in, const struct ingest_peer *peer, bool make);
void own_session_drop(struct ingest *in, struct session *s);
// A stream with nothing under way is forgotten: the database tells it again when its agent is back.
void own_stream_leave(struct ingest *in, struct session *s);
void own_stream_forget(struct ingest *in, uint32_t i);
struct stream *own_stream(struct ingest *in, int32_t node, uint64_t epoch, bool make);

void admit_batch(struct ingest *in, const struct ingest_message *m, const struct link_head *head,
		 struct session *s);
