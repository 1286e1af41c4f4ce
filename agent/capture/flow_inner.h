// SPDX-License-Identifier: Apache-2.0
//
// What the files of the flow engine share among themselves; nobody else includes it.
#pragma once

#include "base/table.h"
#include "capture/flow_store.h"
#include "capture/fragments.h"
#include "capture/stream.h"
#include "wire/tcp.h"

#define FLOW_STREAM_LEAST 1 // there is always one

struct flow_stream {
	uint32_t owner; // slot, FLOW_NONE: free
	uint8_t side;   // 0 from a, 1 from b
	struct stream stream;
};

struct flow_table {
	struct flow_config config;
	struct flow_store store;
	struct fragments fragments;
	struct names *names;           // owned
	struct table *targets;         // owned
	struct flow_stream *streams;   // owned, config.streams of them
	size_t stream_turn;            // the next one to be taken from its owner when none is free
	uint8_t handshake[STREAM_CAP]; // of a hello split over records
	struct flow_event events[FLOW_EVENTS];
	size_t event_head, event_count;
	struct flow_counters counters;
	bool finished;
};

// One packet on its way through the engine.
struct flow_heard {
	const struct packet *packet;
	struct flow_key key; // a is the sender
	uint32_t slot;
	uint8_t side; // 0: sent by the flow's a
};

static inline struct flow_key flow_key_turned(const struct flow_key *k)
{
	return (struct flow_key){
		.proto = k->proto,
		.a = k->b,
		.b = k->a,
		.aport = k->bport,
		.bport = k->aport,
	};
}

// Room for one more event, filled with the packet's frame and time; NULL when there is none.
struct flow_event *flow_event_put(struct flow_table *t, enum flow_event_kind kind,
				  const struct flow_heard *h);

// Looks into the payload: DNS answers, TLS hellos.
void flow_look_udp(struct flow_table *t, const struct flow_heard *h, struct span payload);
void flow_look_icmp(struct flow_table *t, const struct flow_heard *h, struct span message);
void flow_look_tcp(struct flow_table *t, const struct flow_heard *h, const struct tcp_head *tcp);

// A flow ends: streams that it holds are free again.
void flow_look_end(struct flow_table *t, uint32_t slot);
