// SPDX-License-Identifier: Apache-2.0
//
// Where flows are kept: found by 5-tuple in either direction, listed by age and by last use.
// Storage is taken once; the number of a slot stays good while its flow lives.
#pragma once

#include "capture/flow.h"

#define FLOW_NONE UINT32_MAX

// What one direction is being watched for. TCP: base is the sequence number where the next message
// begins. QUIC: a mark of the connection, DTLS: the number of the message.
struct flow_watch {
	uint32_t base;
	uint16_t stream; // number in the pool, from 1; 0: none
	bool armed;      // base is known and nothing was decided yet
	bool heard;      // a message lies before base
	bool body;       // base lies in a body of HTTP that is read
	uint8_t told;    // handshake messages heard beyond base; QUIC: packets tried in vain
};

// How far one direction of a TCP connection has come.
struct flow_pace {
	struct wall at; // of the newest byte
	uint32_t next;  // sequence number after it
	bool known;
};

enum flow_waits {
	FLOW_FOR_NONE,
	FLOW_FOR_A, // to answer what was sent at syn_at
	FLOW_FOR_B,
};

struct flow_slot {
	struct flow flow;
	struct flow_pace pace[2];
	struct wall syn_at;
	enum flow_waits waits;
	bool asked;                 // a SYN was seen
	struct flow_watch watch[2]; // from a, from b
	uint32_t hash;
	uint32_t chain;          // next in the hash chain
	uint32_t older, newer;   // by last use
	uint32_t elder, younger; // by birth
};

struct flow_store {
	struct flow_slot *slots; // owned
	uint32_t *heads;         // owned
	uint32_t mask;
	uint32_t limit, count;
	uint32_t free;           // chain of free slots below `fresh`
	uint32_t fresh;          // slots from here on were never used
	uint32_t oldest, newest; // by last use
	uint32_t eldest, youngest;
	uint64_t seed[2];
};

bool flow_store_init(struct flow_store *s, size_t limit, const uint64_t seed[2]);
void flow_store_wipe(struct flow_store *s);

// The slot of the flow with this 5-tuple, or FLOW_NONE; *BACK: the key runs from b to a.
uint32_t flow_store_find(const struct flow_store *s, const struct flow_key *key, uint32_t hash,
			 bool *back);

// The same for both directions of a flow.
uint32_t flow_store_hash(const struct flow_store *s, const struct flow_key *key);

// A zeroed slot with this key, newest and youngest. FLOW_NONE when full.
uint32_t flow_store_put(struct flow_store *s, const struct flow_key *key, uint32_t hash);
void flow_store_take(struct flow_store *s, uint32_t at);

void flow_store_touch(struct flow_store *s, uint32_t at); // it becomes the newest
