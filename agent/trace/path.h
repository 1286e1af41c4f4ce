// SPDX-License-Identifier: Apache-2.0
//
// One trace: what was sent, what came, what to send next, when it is over. The table of all of them
// is trace.c. Inside the trace room only.
//
// Order of probes: every TTL once, then every TTL a second time, and so on, so that one router sees
// the probes of one trace far apart; never past the destination, a stop, or GAP silent hops; at
// most WINDOW waiting at once. A trace that may borrow begins where the target should be and goes
// both ways: on as above, and back hop by hop until another trace knows the rest.
#pragma once

#include "trace/extras.h"
#include "trace/share.h"
#include "trace/trace.h"

#define TRACE_PATH_MPLS 64 // label stack entries kept in one trace

enum trace_attempt_state {
	TRACE_ATTEMPT_OPEN,
	TRACE_ATTEMPT_SILENT, // given up; an answer is late now
	TRACE_ATTEMPT_ANSWERED,
};

// Sixteen bytes: most of what a trace weighs. It has its answer or still waits for one, so that
// the time it left and the time the answer took share their place.
struct trace_attempt {
	uint32_t time; // answered: RTT in us; else when it was sent, in us, the last 32 bits of it
	unsigned state : 2, kind : 2; // kind, type, code: of the ANSWER()
	unsigned type : 8, code : 8;
	unsigned from : 8; // 1-based index into the path's addresses
	uint8_t ttl, reply_ttl, quoted_ttl, mark;
	uint16_t reply_id;
	uint8_t reply_tos;
};

// A label stack entry that the answer to probe SERIAL carried.
struct trace_label {
	uint32_t word;
	uint16_t serial;
};

// Probe SERIAL was never sent: what it says was found by another trace.
struct trace_loan {
	uint64_t from;
	uint32_t age_ms;
	uint16_t serial;
};

struct trace_hop {
	uint32_t last;       // newest probe, in TRACE_HOP_TICK from the begin of the trace
	uint16_t answer;     // serial of the first answered probe, or TRACE_NO_SERIAL
	uint8_t tries, lost; // probes; those of them that this machine may have lost
};

#define TRACE_HOP_TICK  (100 * NS_PER_US)
#define TRACE_NO_SERIAL UINT16_MAX

struct trace_path {
	struct trace_target target;
	struct mono begun, last_send;
	uint64_t random; // what this trace's fields are made of
	uint32_t generation;
	uint32_t next_ready, next_flow, next_same, prev_same;
	struct mono wake[2]; // entries known to be in the heap
	bool used, ready, stopped, refused, no_route;
	uint8_t top;                              // highest TTL answered by anybody
	uint8_t expired;                          // and by a router
	uint8_t reached, unreachable, loop, self; // TTL where it was seen, or 0
	uint16_t serials;                         // probes sent
	uint16_t first_open;                      // all before it are settled
	uint16_t unsent;                          // that the kernel refused
	int64_t rtt_max;
	uint8_t low;    // lowest TTL asked; those before are borrowed, or yet to be asked
	uint8_t lead;   // highest TTL that is taken for answered, to begin with
	uint8_t expect; // TTL where the target is thought to be; 0: no idea, or it was wrong
	uint8_t mpls_count, loan_count;
	uint8_t addr_count, addr_room, hop_room;
	uint16_t room;                  // attempts there is storage for
	struct trace_extras extra;      // by serial
	struct trace_label *mpls;       // owned; NULL before the first
	uint8_t *addrs;                 // owned; who answered, packed
	struct trace_loan *loans;       // owned; NULL before the first
	struct trace_attempt *attempts; // owned
	struct trace_hop *hops;         // owned; from first_ttl on, as far as anybody looked
};

enum trace_step {
	TRACE_STEP_SEND,  // *TTL
	TRACE_STEP_SLEEP, // until *UNTIL
	TRACE_STEP_DONE,
};

// Whether all limits of T lie within their bounds.
bool trace_path_allows(const struct trace_target *t);

enum err trace_path_init(struct trace_path *p, const struct trace_target *t, struct mono now,
			 uint64_t random) MUSTUSE;
void trace_path_wipe(struct trace_path *p);

// Brings what P needs to hear an answer into the processor's cache: P itself or, once that is
// there, what hangs on it. Of thousands of traces none is there by itself, and waiting for memory
// is a tenth of what an answer costs.
void trace_path_near(const struct trace_path *p, bool nearer);

// What all traces have in common.
struct trace_scene {
	const struct trace_share *share; // where to borrow; NULL: nowhere
	struct mono first_held;          // nothing with TTL 1 before this
	struct mono lost_at;             // when this machine was last seen to lose packets
};

enum trace_step trace_path_step(struct trace_path *p, struct mono now,
				const struct trace_scene *scene, uint8_t *ttl, struct mono *until);

// Tells SHARE what the answer to probe SERIAL has shown.
void trace_path_teach(const struct trace_path *p, struct trace_share *share, struct mono now,
		      uint16_t serial);

// Counts a probe to TTL as sent and fills everything in PROBE but its slot and generation.
void trace_path_send(struct trace_path *p, struct mono now, uint8_t ttl, struct trace_probe *probe);

// Probe SERIAL left at AT, not when it was given out.
void trace_path_sent(struct trace_path *p, uint16_t serial, struct mono at);

// Probe SERIAL did not leave, and the next may.
void trace_path_unsent(struct trace_path *p, uint16_t serial);

// Probe SERIAL did not leave (trace_hear_failed).
void trace_path_failed(struct trace_path *p, uint16_t serial, bool refused, uint32_t mtu);

// The answer to probe SERIAL. False when that one had its answer already.
bool trace_path_hear(struct trace_path *p, uint16_t serial, uint8_t mark, struct mono rx,
		     struct mono now, const struct trace_reply *r);

enum trace_stop trace_path_stop(const struct trace_path *p, struct mono now);

// Who answered; family 0 for nobody.
struct addr trace_path_from(const struct trace_path *p, const struct trace_attempt *a);

// Last TTL worth reporting.
uint8_t trace_path_end(const struct trace_path *p);

uint8_t trace_path_proto(const struct trace_path *p);

// What the identifying fields of this trace are (match.c compares, path.c writes).
uint16_t trace_path_check(const struct trace_path *p, uint16_t serial);
uint16_t trace_path_ip_id(const struct trace_path *p, uint16_t serial);
uint32_t trace_path_seq(const struct trace_path *p, uint16_t serial);
uint32_t trace_path_cookie(const struct trace_path *p);
uint32_t trace_path_flow_label(const struct trace_path *p);
