// SPDX-License-Identifier: Apache-2.0
//
// All addresses of some prefixes, each exactly once, in an order that looks random: number I of
// COUNT. A Feistel network over the numbers, walked until it falls inside (Black and Rogaway 2002),
// so nothing is remembered but the place, and a sweep can go on where it stopped. Pure.
#pragma once

#include "base/addr.h"

#define SPACE_PREFIXES  4096
#define SPACE_ADDRS_MAX (1ULL << 40) // most addresses of one sweep

struct space {
	struct prefix prefixes[SPACE_PREFIXES]; // sorted, none inside another
	uint64_t first[SPACE_PREFIXES];         // number of its first address
	size_t count;
	uint64_t addrs;
	unsigned half_bits;
	uint64_t seed[2];
};

// Prefixes may overlap: an address in two of them is still one address. ERR_FULL past
// SPACE_PREFIXES or SPACE_ADDRS_MAX.
enum err space_init(struct space *s, const struct prefix *p, size_t count,
		    const uint64_t seed[2]) MUSTUSE;

// I < s->addrs.
struct addr space_at(const struct space *s, uint64_t i);
