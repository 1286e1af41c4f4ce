// SPDX-License-Identifier: Apache-2.0
//
// Reading the two clocks, and random bytes: the deeds behind base/time.h.
#pragma once

#include "base/time.h"

struct mono clock_mono(void); // CLOCK_MONOTONIC
struct wall clock_wall(void); // CLOCK_REALTIME

// How good the wall clock is, from ntp_adjtime(2).
struct clock_state {
	bool synced;
	int64_t offset_ns;    // what the kernel still slews
	int64_t max_error_ns; // bound claimed by the time daemon
};
struct clock_state clock_quality(void);

// Fills OUT from getrandom(2); never fails once the system is up.
void random_bytes(void *out, size_t len);
uint64_t random_u64(void);
