// SPDX-License-Identifier: Apache-2.0
//
// Two clocks that cannot be mixed: `mono` for durations and deadlines, `wall` for the calendar.
// Both count nanoseconds. Reading a clock is a deed: see sys/clock.h.
#pragma once

#include "base/span.h"
#include "base/wr.h"

struct mono {
	int64_t ns; // since an arbitrary start (CLOCK_MONOTONIC)
};

struct wall {
	int64_t ns; // since 1970-01-01T00:00:00Z, leap seconds not counted
};

#define NS_PER_US  1000LL
#define NS_PER_MS  1000000LL
#define NS_PER_S   1000000000LL

#define MONO_NEVER ((struct mono){ INT64_MAX }) // a deadline that does not come

// NS may be negative. What does not fit becomes MONO_NEVER, or the beginning of time.
static inline struct mono mono_add(struct mono t, int64_t ns)
{
	int64_t sum;
	if (__builtin_add_overflow(t.ns, ns, &sum))
		sum = ns > 0 ? INT64_MAX : INT64_MIN;
	return (struct mono){ sum };
}

// a - b in nanoseconds.
static inline int64_t mono_since(struct mono a, struct mono b)
{
	return a.ns - b.ns;
}

static inline bool mono_before(struct mono a, struct mono b)
{
	return a.ns < b.ns;
}

static inline struct mono mono_min(struct mono a, struct mono b)
{
	return a.ns < b.ns ? a : b;
}

#define WALL_TEXT 40 // room for an RFC 3339 time with NUL

// "2026-11-21T21:40:00.123456789Z" (RFC 3339, UTC, always nine decimals), NUL-terminated.
void wall_write(struct wall t, char out[static WALL_TEXT]);

// Reads RFC 3339 with `Z` or an offset and 0 to 9 decimals.
enum err wall_read(struct span text, struct wall *out) MUSTUSE;
