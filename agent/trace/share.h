// SPDX-License-Identifier: Apache-2.0
//
// What the traces of one node know together: which router stands where, and which before it. In:
// every answer of a trace that asked; out: the hops before a router, if they are known whole, with
// the trace that found each and how long ago; and how far a network is. Inside the trace room only.
//
// A trace that may borrow begins where its target should be and walks back towards this node until
// it meets a router known at that very TTL (Donnet, Raoult, Friedman and Crovella, SIGMETRICS
// 2005). A router seen behind two different ones at one TTL lies behind a balancer or on a route
// that changed: nothing before it is lent.
#pragma once

#include "base/addr.h"
#include "base/table.h"
#include "base/time.h"

#define SHARE_ROUTERS  16384 // of each half; what was not met for a half's time is forgotten
#define SHARE_NETWORKS 16384

// One router's place as one trace found it.
struct share_hop {
	struct addr addr;
	uint8_t ttl;
	struct addr before; // at the TTL before; family 0 at TTL 1
	uint64_t from;      // the trace's id
	struct mono at;
	uint32_t rtt_us;
	uint8_t type, code, reply_ttl, quoted_ttl; // of its ICMP answer
};

// Two tables by turns: when the newer is full it becomes the older.
struct share_half {
	struct table *routers, *networks;
};

struct trace_share {
	struct share_half young, old;
	uint64_t seed[2];
	uint8_t typical; // where the last target was
};

enum err share_init(struct trace_share *s, const uint64_t seed[2]) MUSTUSE;
void share_wipe(struct trace_share *s);

// Without memory for it, it is not known.
void share_put(struct trace_share *s, const struct share_hop *hop);

// What is known of ADDR at TTL, not older than AGE_NS; false when nothing, or when it was seen
// behind two routers.
bool share_find(const struct trace_share *s, struct mono now, int64_t age_ns, struct addr addr,
		uint8_t ttl, struct share_hop *out);

// The TTL at which a target in the network of DST (/24, /48) was reached last; 0: none was.
void share_put_distance(struct trace_share *s, struct addr dst, uint8_t ttl);
uint8_t share_distance(const struct trace_share *s, struct addr dst);
