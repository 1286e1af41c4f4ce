// SPDX-License-Identifier: Apache-2.0
//
// What is asked of a tunnel before a run may use it, by ICMP from the gateway to the vantage node's
// inner address: echoes for loss and round trip, large ones for what passes whole, timestamps for
// the difference of the two clocks (IPv6 has none). What enters: answers and times. What leaves:
// messages to send and items with value and limit. One of these for each family that is carried;
// it knows no sockets and no runs.
#pragma once

#include "base/time.h"
#include "base/wr.h"

#define SELFTEST_PROBES     19
#define SELFTEST_MESSAGE    1500              // bytes of the largest probe
#define SELFTEST_WAIT       (3 * NS_PER_S)    // for the answer to the last probe
#define SELFTEST_WAIT_LEAST (500 * NS_PER_MS) // and two of the longest round trips
#define SELFTEST_PACE       (30 * NS_PER_MS)  // between two probes
#define SELFTEST_AGE        (30 * NS_PER_S)   // limits: of a handshake
#define SELFTEST_RTT        (2 * NS_PER_S)    // of the shortest round trip
#define SELFTEST_LOSS       20                // per cent
#define SELFTEST_CLOCK      (5 * NS_PER_MS)   // and half the round trip, which may be asymmetry

enum selftest_item {
	SELFTEST_ITEM_HANDSHAKE,
	SELFTEST_ITEM_LOSS,
	SELFTEST_ITEM_RTT,
	SELFTEST_ITEM_MTU,
	SELFTEST_ITEM_CLOCK,
	SELFTEST_ITEM_COUNT_,
};

struct selftest_result {
	int64_t value, limit;
	const char *unit;
	bool known;  // false: nothing came back to tell it from
	bool passed; // never without known
};

struct selftest_probe {
	uint16_t size; // bytes of the packet, header included; 0: a timestamp
	struct mono sent;
	struct wall sent_wall;
	int64_t rtt_ns, offset_ns; // rtt 0: no answer yet
};

struct selftest {
	uint8_t family;
	struct selftest_probe probes[SELFTEST_PROBES];
	size_t sent, answered;
	uint16_t id, mtu;
	int64_t handshake_ns; // age, at the start
};

// ID: tells our answers from others'. MTU: that the tunnel must carry.
void selftest_init(struct selftest *t, uint8_t family, uint16_t id, uint16_t mtu,
		   int64_t handshake_ns);

// One ICMP message into OUT when it is time for it. *DUE: when to ask again.
bool selftest_next(struct selftest *t, struct mono now, struct wall wall, struct wr *out,
		   struct mono *due);

// An ICMP message from the vantage node; what is not an answer to us is ignored.
void selftest_hear(struct selftest *t, struct span message, struct mono now, struct wall wall);

bool selftest_done(const struct selftest *t, struct mono now);
void selftest_judge(const struct selftest *t, struct selftest_result out[SELFTEST_ITEM_COUNT_]);
const char *selftest_item_name(enum selftest_item item); // "selftest-mtu"
size_t selftest_header(uint8_t family);                  // bytes in front of a message

// Whether FAMILY's test tells ITEM: the handshake and the clock are IPv4's.
bool selftest_tells(uint8_t family, enum selftest_item item);
