// SPDX-License-Identifier: Apache-2.0
//
// The agent's own manners, asked before every packet and loosened by nothing remote: prefixes that
// are never probed, and packet rates overall, per address, per network (/24, /48) and, for packets
// that expire there, per first hop. In: the time and a destination; out: go, wait until, or refused
// with the reason. Pure.
//
// Rates are kept by the virtual-time form of a token bucket (GCRA): one number per bucket, the time
// at which it would be empty again. A bucket that is full again is forgotten.
#pragma once

#include "base/addr.h"
#include "base/time.h"

struct pace;

#define PACE_DENY_MAX 4096 // prefixes on the deny list, the built-in ones included

// Packets a second; 0 means no limit of that kind.
struct pace_limits {
	double all, target, net;
	double first;   // that expire at one first hop: routers answer slowly and for everybody
	double burst_s; // how much of a second's packets may come at once, e.g. 0.01
	size_t targets; // destinations remembered at one time, per kind of bucket
	uint64_t seed[2];
};

enum pace_verdict {
	PACE_GO,
	PACE_WAIT,       // this destination: not before UNTIL
	PACE_WAIT_ALL,   // no destination before UNTIL
	PACE_WAIT_FIRST, // nothing that expires at this first hop before UNTIL
	PACE_REFUSED,    // never; pace_denied says why
};

// Starts with the built-in list: addresses that are no host (multicast, broadcast, "this network").
struct pace *pace_new(const struct pace_limits *limits);
void pace_free(struct pace **p);

// What P lets go is counted in WITH's buckets for addresses and networks too, and waits for them:
// several paces that share one keep its rates together. WITH outlives P's last packet.
void pace_share(struct pace *p, struct pace *with);

// Adds a prefix that is never probed. ERR_FULL past PACE_DENY_MAX.
enum err pace_put(struct pace *p, struct prefix deny) MUSTUSE;

// The denied prefix that holds DST, or NULL.
const struct prefix *pace_denied(const struct pace *p, struct addr dst);

// PACE_GO has counted one packet.
enum pace_verdict pace_ask(struct pace *p, struct mono now, struct addr dst, struct mono *until);

// The same for a packet that expires at the first hop. FIRST stands for it: the address the packet
// leaves from, since each uplink has its own.
enum pace_verdict pace_ask_first(struct pace *p, struct mono now, struct addr dst,
				 struct addr first, struct mono *until);
