// SPDX-License-Identifier: Apache-2.0
//
// The agent's end of the link, thinking half. In: the collector's frames, what the spool holds, the
// time. Out, through uplink_next: when to make or drop a socket, which batch to send, what is
// committed, orders as they came. It owns no socket and no spool, and does not know what is in a
// batch. docs/protocol.md draws the conversation.
//
// Nothing is trimmed before the collector says it is committed. A session that was refused, or has
// been silent too long, gets a new socket: ZeroMQ never tries again after a refused handshake.
#pragma once

#include "msg/link.h"

#define UPLINK_FLIGHT   256               // batches sent and not yet acknowledged
#define UPLINK_WELCOME  (10 * NS_PER_S)   // for an answer to HELLO
#define UPLINK_PING     (15 * NS_PER_S)   // of silence before we ask
#define UPLINK_SILENCE  (60 * NS_PER_S)   // of silence before the socket is made anew
#define UPLINK_STALL    (60 * NS_PER_S)   // without an acknowledgement before HELLO is said again
#define UPLINK_BUSY     NS_PER_S          // before sending again what was refused for now
#define UPLINK_BACK_MIN (200 * NS_PER_MS) // pause before a new socket: full jitter between this
#define UPLINK_BACK_MAX (60 * NS_PER_S)   // and a bound that doubles up to that

struct uplink;

enum uplink_event {
	UPLINK_LINK_UP,
	UPLINK_LINK_LOST,     // silence, or the connection broke
	UPLINK_REFUSED,       // handshake failed: the collector does not know our key
	UPLINK_REJECTED,      // REJECT: reason
	UPLINK_BATCH_REFUSED, // NACK: nack, seq
	UPLINK_BEHIND,        // the collector misses batches we no longer have, from seq on
	UPLINK_STALLED,       // batches are under way, and no acknowledgement comes
	UPLINK_AHEAD,         // the collector has batches we never made: seq
	UPLINK_EVENT_COUNT,
};

const char *uplink_event_name(enum uplink_event e);

enum uplink_kind {
	UPLINK_OPEN,  // make a socket, then uplink_hear_open
	UPLINK_CLOSE, // drop it
	UPLINK_SEND,  // head: HELLO (the caller adds what the spool says), PING, DRAIN, ORDER_STATE
	UPLINK_BATCH, // send batch seq if its body is at most ROOM bytes; then uplink_hear_sent or
		      // uplink_hear_full
	UPLINK_ACK,   // everything up to seq is committed
	UPLINK_JUMP,  // go on numbering after seq
	UPLINK_REPLACE, // batch seq will never be taken: a gap in its place
	UPLINK_ORDER,   // signed bytes
	UPLINK_MEET,    // head.meet, borrowed as an order is
	UPLINK_TELL,    // event, seq, reject, nack, detail: for the log
	UPLINK_LEFT,    // drained: said once
};

struct uplink_want {
	enum uplink_kind kind;
	struct link_head head;
	uint64_t seq;
	uint64_t room;
	struct span order; // borrowed from the frame heard last
	enum uplink_event event;
	enum reject_reason reject;
	enum nack_reason nack;
};

// RANDOM: a seed for the jitter of pauses.
struct uplink *uplink_new(uint64_t random);
void uplink_free(struct uplink **u);

void uplink_hear_open(struct uplink *u, struct mono now); // there is a socket now
// One frame. Take everything from uplink_next before the frame goes.
void uplink_hear(struct uplink *u, struct mono now, const struct link_head *head);
void uplink_hear_lost(struct uplink *u, struct mono now, bool refused);
// What the spool holds: first_unacked .. next_seq - 1.
void uplink_hear_spool(struct uplink *u, uint64_t first_unacked, uint64_t next_seq);
void uplink_hear_sent(struct uplink *u, uint64_t seq, uint64_t bytes);
void uplink_hear_full(struct uplink *u); // not sent: no room now; room comes with an ACK or a tick

// ORDER_STATE or MEET; what it borrows must last until it was taken. Lost where there is no link.
void uplink_say(struct uplink *u, const struct link_head *head);
void uplink_drain(struct uplink *u); // send all there is, wait for its acknowledgement, say so

void uplink_tick(struct uplink *u, struct mono now);
bool uplink_next(struct uplink *u, struct uplink_want *out);
struct mono uplink_due(const struct uplink *u);
