// SPDX-License-Identifier: Apache-2.0
//
// A reflector's thinking half. In: questions (wire/reflect.h) with how they looked when they came,
// DNS queries for its zone, the time. Out: one answer each, never longer than its question but for
// the record that tells a resolver its address, or nothing. It remembers for a while what each
// token's vantage node and resolvers looked like. It owns no socket, and believes no address: who
// forges one gets no more bytes than he sent (and that record), as many a second as rates allow.
#pragma once

#include "base/time.h"
#include "wire/reflect.h"

#define REFLECT_REMEMBERED 4096 // tokens; the oldest gives way
#define REFLECT_KEPT       (15 * 60 * NS_PER_S)
#define REFLECT_NETS       8192 // networks whose rate is kept

struct reflect_config {
	double rate, rate_net; // answers a second: all together, to one /24 or /48
	const char *zone;      // "" : no DNS; borrowed
	uint8_t ttl;           // that answers set out with
	uint64_t seed[2];
};

// How a question came.
struct reflect_seen {
	struct addr from;
	uint16_t port;
	uint8_t ttl;     // 0: not known
	uint8_t proto;   // 6 or 17
	struct span syn; // TCP: the SYN's headers from the IP header on, as received
};

struct reflect;

struct reflect *reflect_new(const struct reflect_config *c);
void reflect_free(struct reflect **r);

// True: OUT holds the answer. False: nothing is to be said.
bool reflect_hear(struct reflect *r, struct mono now, const struct reflect_seen *seen,
		  struct span in, struct wr *out);
bool reflect_hear_name(struct reflect *r, struct mono now, struct addr from, struct span query,
		       struct wr *out);

struct reflect_counts {
	uint64_t answered, refused, strange; // refused: over the rate
};
struct reflect_counts reflect_count(const struct reflect *r);
