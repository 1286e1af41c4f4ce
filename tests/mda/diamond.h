// SPDX-License-Identifier: Apache-2.0
//
// Random load-balanced topologies of which everything is known: hop 1 is one router, hop 2 spreads
// flows over a diamond, which ends in one router before the target. Every router chooses by a hash
// of its own over the flow, its next hops evenly.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define DIAMOND_WIDTH 16
#define DIAMOND_HOPS  9
#define DIAMOND_FAN   16

enum diamond_kind {
	DIAMOND_PLAIN,  // as many routers at each hop, each with one next hop
	DIAMOND_TREE,   // each router splits further
	DIAMOND_MESHED, // routers share next hops
	DIAMOND_UNEVEN, // some routers split or share, others do not
	DIAMOND_KINDS,
};

struct diamond_router {
	uint8_t fan;
	uint8_t next[DIAMOND_FAN];
};

struct diamond {
	enum diamond_kind kind;
	uint64_t seed;
	uint8_t hops;                // the last is the target
	uint8_t width[DIAMOND_HOPS]; // by hop - 1
	struct diamond_router router[DIAMOND_HOPS][DIAMOND_WIDTH];
};

static inline uint64_t diamond_mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}

static inline unsigned diamond_draw(uint64_t *state, unsigned low, unsigned high)
{
	*state = diamond_mix(*state);
	return low + (unsigned)(*state % (high - low + 1));
}

static inline void diamond_add(struct diamond_router *r, unsigned next)
{
	for (unsigned i = 0; i < r->fan; i++)
		if (r->next[i] == next)
			return;
	if (r->fan < DIAMOND_FAN)
		r->next[r->fan++] = (uint8_t)next;
}

// Links from hop index H to H + 1: nobody there is without a way in or out.
static inline void diamond_join(struct diamond *d, unsigned h, uint64_t *state)
{
	unsigned a = d->width[h], b = d->width[h + 1];
	for (unsigned i = 0; i < (a > b ? a : b); i++)
		diamond_add(&d->router[h][i % a], i % b);
	for (unsigned i = 0; a > 1 && b > 1 && i < a; i++) {
		unsigned more = d->kind == DIAMOND_MESHED   ? diamond_draw(state, 1, 3)
				: d->kind == DIAMOND_UNEVEN ? diamond_draw(state, 0, 5) / 4
							    : 0;
		for (unsigned k = 0; k < more; k++)
			diamond_add(&d->router[h][i], diamond_draw(state, 0, b - 1));
	}
}

static inline void diamond_make(struct diamond *d, uint64_t seed)
{
	uint64_t state = seed;
	memset(d, 0, sizeof(*d));
	d->seed = diamond_mix(seed ^ 77);
	d->kind = (enum diamond_kind)diamond_draw(&state, 0, DIAMOND_KINDS - 1);
	unsigned length = diamond_draw(&state, 1, 4), h = 0;
	unsigned width = diamond_draw(&state, 2, DIAMOND_WIDTH);
	d->width[h++] = 1;
	d->width[h++] = 1;
	for (unsigned i = 0; i < length; i++) {
		unsigned w =
			d->kind == DIAMOND_PLAIN ? width
			: d->kind == DIAMOND_TREE
				? (width >> (length - 1 - i) > 2 ? width >> (length - 1 - i) : 2)
				: diamond_draw(&state, 2, width);
		d->width[h++] = (uint8_t)w;
	}
	d->width[h++] = 1;
	d->width[h++] = 1;
	d->hops = (uint8_t)h;
	for (unsigned i = 0; i + 1 < h; i++)
		diamond_join(d, i, &state);
}

// Which router of hop TTL (1 is the first) a flow passes.
static inline unsigned diamond_at(const struct diamond *d, uint64_t flow, unsigned ttl)
{
	unsigned at = 0;
	for (unsigned h = 0; h + 1 < ttl && h + 1 < d->hops; h++) {
		const struct diamond_router *r = &d->router[h][at];
		at = r->next[diamond_mix(flow ^ diamond_mix(d->seed + h * 64 + at)) % r->fan];
	}
	return at;
}
