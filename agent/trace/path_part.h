// SPDX-License-Identifier: Apache-2.0
//
// What the two halves of a path, asking (path.c) and hearing (path_hear.c), both look at.
#pragma once

#include "trace/path.h"

static inline struct trace_hop *hop(const struct trace_path *p, uint8_t ttl)
{
	return &p->hops[ttl - p->target.first_ttl];
}

static inline uint8_t lower(uint8_t a, uint8_t b)
{
	return a == 0 || (b != 0 && b < a) ? b : a;
}

static inline int64_t clamp(int64_t v, int64_t low, int64_t high)
{
	if (v < low)
		v = low;
	return v < high ? v : high;
}

static inline struct mono later(struct mono a, struct mono b)
{
	return mono_before(a, b) ? b : a;
}

// Highest TTL worth asking as things stand.
uint8_t trace_path_horizon(const struct trace_path *p);
