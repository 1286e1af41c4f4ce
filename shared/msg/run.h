// SPDX-License-Identifier: Apache-2.0
//
// What happened in a run besides flows and traces (proto/run.proto): steps, chat messages, what
// became of orders, names of addresses. Texts are borrowed.
#pragma once

#include "msg/trace.h"

enum step_outcome {
	STEP_UNKNOWN,
	STEP_DONE,
	STEP_FAILED,
	STEP_SKIPPED,
};

struct step_record {
	struct run_id run;
	uint8_t side;
	struct span name; // "tunnel", "capture", "open", …
	struct wall begin, end;
	enum step_outcome outcome;
	struct span detail;
};

enum message_status {
	MESSAGE_UNKNOWN,
	MESSAGE_SENT,
	MESSAGE_DELIVERED, // a receipt came back
	MESSAGE_RECEIVED,  // seen on the receiver's phone
	MESSAGE_FAILED,
	MESSAGE_LOST, // expected, and not seen by the deadline
};

struct message_record {
	struct run_id run;
	uint8_t side;   // whose phone reports: 1 or 2
	struct span id; // as written in the text
	uint8_t from_side;
	struct wall planned, sent, delivered, received; // 0: this phone cannot know
	enum message_status status;
	struct span detail;
};

enum order_state {
	ORDER_UNKNOWN = 0,
	ORDER_ACCEPTED = 1,
	ORDER_DONE = 2,
	ORDER_FAILED = 3,
	ORDER_WITHDRAWN = 4, // by its operator: never begun, or stopped
	ORDER_REFUSED_SIGNATURE = 10,
	ORDER_REFUSED_AUDIENCE = 11,
	ORDER_REFUSED_SERIAL = 12,
	ORDER_REFUSED_EXPIRED = 13,
	ORDER_REFUSED_KIND = 14,
	ORDER_REFUSED_DENIED = 15,
	ORDER_REFUSED_RATE = 16,
	ORDER_REFUSED_UNREADABLE = 17,
	ORDER_REFUSED_BUSY = 18,
};

const char *order_state_name(enum order_state s);

struct outcome_record {
	struct run_id order; // order ids have the shape of run ids
	struct run_id run;
	enum order_state state;
	struct wall at;
	struct span detail;
};

struct name_record {
	struct addr addr;
	struct span name; // empty: there is none
	struct wall at;
};

enum gap_reason {
	GAP_UNKNOWN,
	GAP_TORN,
	GAP_DAMAGED,
	GAP_OVERFLOW,
	GAP_TOO_BIG,
};

const char *gap_reason_name(enum gap_reason r);

struct gap_record {
	enum gap_reason reason;
	uint64_t records, bytes;
	struct wall at;
	uint64_t first_seq, last_seq;
};
