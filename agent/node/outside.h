// SPDX-License-Identifier: Apache-2.0
//
// What the world sees of a phone in a tunnel, held against what it sees of the vantage node, before
// a run. What enters: what the phone sent and got, as captured on its own interface, and what left
// by the gateway's uplink, all the same questions to a reflector (wire/reflect.h). What leaves:
// questions for the phone to ask, and items with a sentence each. It knows no sockets and no runs.
//
// Two parts. Before the tunnel: the phone asks, and nothing may leave by the uplink but the
// gateway's own control question, which shows that the watch works. In the tunnel: the phone asks
// until there is an answer for every item, or time is up.
#pragma once

#include "base/time.h"
#include "wire/reflect.h"

#define OUTSIDE_PROBES   48
#define OUTSIDE_SENT     96 // packets of the phone kept
#define OUTSIDE_PACE     (120 * NS_PER_MS)
#define OUTSIDE_PATIENCE (4 * NS_PER_S)    // for all answers, in the tunnel
#define OUTSIDE_MOST     (12 * NS_PER_S)   // where some come and some do not: a busy machine
#define OUTSIDE_SLOW     (300 * NS_PER_MS) // pace when patience is over
#define OUTSIDE_LATE     NS_PER_S          // before that is over
#define OUTSIDE_HASTE    (40 * NS_PER_MS)  // between two before the tunnel
#define OUTSIDE_QUIET    (300 * NS_PER_MS) // a leak would have shown by then
#define OUTSIDE_TEXT     200

enum outside_item {
	OUTSIDE_LEAK,
	OUTSIDE_EGRESS,
	OUTSIDE_PORT,
	OUTSIDE_TTL,
	OUTSIDE_SYN,
	OUTSIDE_RESOLVER,
	OUTSIDE_ITEM_COUNT_,
};

enum outside_verdict {
	OUTSIDE_PASSED,
	OUTSIDE_FAILED,
	OUTSIDE_SKIPPED,
};

struct outside_result {
	enum outside_verdict verdict;
	char detail[OUTSIDE_TEXT];
};

struct outside_config {
	uint8_t token[REFLECT_TOKEN];
	struct addr reflector4, reflector6; // family 0: none
	uint16_t port;
	const char *zone;           // "": resolvers are not asked for; borrowed
	struct addr phone4, phone6; // family 0: the phone has, or the tunnel carries, none
	struct addr node;           // the tunnel's outer address, or family 0: not known
	uint16_t clamp4, clamp6;    // MSS that the tunnel lowers to; 0: none
	uint8_t random[4];          // tells these questions from those of another time
};

// A question the phone is to ask.
struct outside_probe {
	uint8_t family, proto;
	struct addr to;
	uint16_t port;
	bool leak, name;
	bool answered;
	uint16_t phone_port; // that the answer came to
	struct reflect_answer answer;
};

struct outside_sent {
	uint8_t family, proto, ttl, syn_len;
	uint16_t port;
	uint8_t syn[REFLECT_SYN];
};

struct outside {
	struct outside_config config;
	struct outside_probe probes[OUTSIDE_PROBES];
	struct outside_sent sent[OUTSIDE_SENT];
	size_t probe_count, sent_count;
	struct mono next, until;
	bool inside;                      // the second part
	uint64_t phone_sent, leaked, own; // before the tunnel: seen inside, on the uplink, ours
	struct reflect_answer last;       // with the node's looks
	bool heard;
	bool late; // time is nearly up: what has not come does not come
};

// Both start at NOW.
void outside_init(struct outside *o, const struct outside_config *c, struct mono now);
void outside_begin_inside(struct outside *o, struct mono now);

// The next question, as bytes of its payload in OUT; NULL when none is due.
const struct outside_probe *outside_next(struct outside *o, struct mono now, struct wr *out);

// The gateway's own question, that must be seen on the uplink.
void outside_control_write(const struct outside *o, struct wr *out);

// IP packets on the phone's interface, and on the uplink.
void outside_hear(struct outside *o, struct span ip);
void outside_hear_uplink(struct outside *o, struct span ip);

bool outside_done(const struct outside *o, struct mono now);
void outside_judge(const struct outside *o, enum outside_item item, struct outside_result *out);
const char *outside_item_name(enum outside_item item); // "selftest-egress"
