// SPDX-License-Identifier: Apache-2.0
//
// The frames between agent and collector (proto/link.proto) as plain structs. Both ends' thinking
// halves use these; neither sees protobuf.
#pragma once

#include "base/arena.h"
#include "msg/record.h"

#define LINK_VERSION  1
#define LINK_MAGIC    "WM1" // then one verb letter: frame 0 is 4 bytes
#define LINK_HEAD_MAX 4096  // bytes of frame 1, except an order's

enum link_verb {
	LINK_HELLO = 'H',
	LINK_BATCH = 'B',
	LINK_PING = 'P',
	LINK_ORDER_STATE = 'T',
	LINK_DRAIN = 'D',
	LINK_MEET = 'M',
	LINK_WELCOME = 'W',
	LINK_REJECT = 'R',
	LINK_ACK = 'A',
	LINK_NACK = 'N',
	LINK_PONG = 'Q',
	LINK_ORDER = 'O',
};

enum reject_reason {
	REJECT_UNKNOWN,
	REJECT_VERSION,
	REJECT_NOT_ADMITTED,
	REJECT_REVOKED,
	REJECT_WRONG_NAME,
	REJECT_BUSY,
};

enum nack_reason {
	NACK_UNKNOWN,
	NACK_GAP,
	NACK_SIGNATURE,
	NACK_UNREADABLE,
	NACK_TOO_BIG,
	NACK_REVOKED,
	NACK_BUSY,
	NACK_REASON_COUNT,
};

const char *nack_reason_name(enum nack_reason r);
const char *reject_reason_name(enum reject_reason r);

// Where one end of the tunnel of a run's side is seen from outside.
struct link_meet {
	struct span other; // from an agent: for whom; to an agent: from whom
	struct run_id run;
	uint8_t side;
	struct addr addr;
	uint16_t port;
	bool varies; // its NAT uses another port for each destination
};

// One frame 1 of any verb: only the fields of its verb are meaningful.
struct link_head {
	enum link_verb verb;
	uint32_t version;                     // HELLO: newest offered; WELCOME: chosen
	struct span node;                     // HELLO
	uint64_t epoch;                       // HELLO BATCH ACK NACK DRAIN
	uint64_t seq;                         // BATCH NACK
	uint64_t first_unacked;               // HELLO
	uint64_t next_seq;                    // HELLO DRAIN
	uint64_t last_seq;                    // WELCOME ACK NACK
	uint64_t credit;                      // WELCOME ACK PONG
	uint64_t spool_bytes;                 // HELLO
	uint64_t dropped;                     // HELLO
	uint64_t last_serial;                 // HELLO
	struct clock_record clock;            // HELLO
	struct span software;                 // HELLO
	struct wall sent, received, answered; // PING PONG; WELCOME: answered = server's time
	enum reject_reason reject;            // REJECT
	uint32_t retry_after_s;               // REJECT
	enum nack_reason nack;                // NACK
	bool permanent;                       // NACK
	struct span detail;                   // REJECT NACK
	struct run_id order;                  // ORDER_STATE
	uint32_t state;                       // ORDER_STATE: enum order_state
	struct span signed_order;             // ORDER: exact bytes of a SignedOrder
	struct link_meet meet;                // MEET
};

// Writes frame 0 and frame 1 (two buffers of the caller's).
enum err link_write(const struct link_head *in, uint8_t magic[static 4], struct wr *head) MUSTUSE;

// Reads frames 0 and 1; borrows from HEAD and ARENA.
enum err link_read(struct span magic, struct span head, struct arena *arena,
		   struct link_head *out) MUSTUSE;
