// SPDX-License-Identifier: Apache-2.0
//
// What the files of the flow engine share among themselves; nobody else includes it.
#pragma once

#include "base/table.h"
#include "capture/flow_store.h"
#include "capture/fragments.h"
#include "capture/stream.h"
#include "initial/initial.h"
#include "wire/tcp.h"

#define FLOW_STREAM_LEAST 1 // there is always one

struct flow_stream {
	uint32_t owner; // slot, FLOW_NONE: free
	uint8_t side;   // 0 from a, 1 from b
	bool idle;      // its owner may still want it, but whoever needs one may take it
	uint32_t used;  // QUIC: bytes at its start that were on loan for the packet heard last
	struct initial_key key; // QUIC
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
	struct initial *initial;       // owned
	uint8_t handshake[STREAM_CAP]; // messages joined from their records; frames of an Initial
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

#define PORT_DNS 53

// Room for one more event, filled with the packet's frame and time; NULL when there is none.
struct flow_event *flow_event_put(struct flow_table *t, enum flow_event_kind kind,
				  const struct flow_heard *h);

// What the header of a segment tells of its connection.
void flow_facts_tcp(struct flow_slot *s, uint8_t side, struct wall at, const struct tcp_head *tcp);

// --- what the payload says -----------------------------------------------------------------------

void flow_look_udp(struct flow_table *t, const struct flow_heard *h, struct span payload);
void flow_look_icmp(struct flow_table *t, const struct flow_heard *h, struct span message);
void flow_look_tcp(struct flow_table *t, const struct flow_heard *h, const struct tcp_head *tcp);
void flow_look_quic(struct flow_table *t, const struct flow_heard *h, struct span datagram);
void flow_look_dtls(struct flow_table *t, const struct flow_heard *h, struct span datagram);

// A DNS message that came from a server.
void flow_look_answer(struct flow_table *t, const struct flow_heard *h, struct span message);

// Messages at the start of BYTES, which begin where the side's watch stands. *USED: how much of
// them need not be seen again. ERR_OK: all was heard that is wanted. ERR_SHORT: more of the stream
// is needed, of which nothing or part is there. Else there is nothing here.
enum err flow_look_handshake(struct flow_table *t, const struct flow_heard *h, struct span bytes,
			     uint32_t *used);
enum err flow_look_old_hello(struct flow_table *t, const struct flow_heard *h, struct span bytes,
			     uint32_t *used);
enum err flow_look_request(struct flow_table *t, const struct flow_heard *h, struct span bytes,
			   uint32_t *used);
enum err flow_look_response(struct flow_table *t, const struct flow_heard *h, struct span bytes,
			    uint32_t *used);

// --- what was heard ------------------------------------------------------------------------------

// A hello of the client, who sent the packet.
void flow_say_hello(struct flow_table *t, const struct flow_heard *h, const struct tls_hello *hello,
		    enum flow_transport transport, uint32_t quic_version);

// A name of the flow's own: of b's when the sender said it of the receiver, and vice versa.
void flow_say_name(struct flow_table *t, const struct flow_heard *h, struct span name,
		   enum name_how how, bool of_sender);

// --- the pool of streams -------------------------------------------------------------------------

struct flow_watch *flow_watch_of(struct flow_table *t, uint32_t slot, uint8_t side);

// A stream from BASE for the side of the flow that H tells, from the one that has had its own
// longest if need be.
struct flow_stream *flow_stream_take(struct flow_table *t, const struct flow_heard *h,
				     uint32_t base);
void flow_stream_drop(struct flow_table *t, struct flow_watch *w);

// A flow ends: streams that it holds are free again.
void flow_look_end(struct flow_table *t, uint32_t slot);
