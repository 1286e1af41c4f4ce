// SPDX-License-Identifier: Apache-2.0
//
// What the two halves of a path, asking (path.c) and hearing (path_hear.c), both look at.
#pragma once

#include "trace/path.h"

#define TRACE_AHEAD_US 60000000u // the clock of the last tick may lie behind that of a send

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

// When an attempt without an answer left: within the last hour, or a moment from now.
static inline struct mono sent_at(const struct trace_attempt *a, struct mono now)
{
	int64_t us = now.ns / NS_PER_US;
	uint32_t ago = (uint32_t)us - a->time;
	int64_t since = ago > UINT32_MAX - TRACE_AHEAD_US ? (int64_t)ago - UINT32_MAX - 1 : ago;
	return (struct mono){ (us - since) * NS_PER_US };
}

static inline uint32_t sent_time(struct mono at)
{
	return (uint32_t)((at.ns + NS_PER_US / 2) / NS_PER_US);
}

// Room for one more attempt.
bool trace_path_room(struct trace_path *p);

// Its 1-based index in the path's addresses; 0 when there is no room.
uint8_t trace_path_keep_addr(struct trace_path *p, const struct addr *a);

// Walks back from the lowest TTL asked, as far as that is settled, and borrows what lies before it.
void trace_path_back(struct trace_path *p, const struct trace_share *share, struct mono now);

// Highest TTL worth asking as things stand.
uint8_t trace_path_horizon(const struct trace_path *p);
