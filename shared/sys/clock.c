// SPDX-License-Identifier: Apache-2.0
#include "sys/clock.h"

#include <assert.h>
#include <errno.h>
#include <sys/random.h>
#include <sys/timex.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
	struct timespec ts;
	int rc = clock_gettime(id, &ts);
	assert(rc == 0);
	return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

struct mono clock_mono(void)
{
	return (struct mono){ read_clock(CLOCK_MONOTONIC) };
}

struct wall clock_wall(void)
{
	return (struct wall){ read_clock(CLOCK_REALTIME) };
}

struct clock_state clock_quality(void)
{
	struct timex tx = { 0 };
	int state = ntp_adjtime(&tx);
	int64_t unit = tx.status & STA_NANO ? 1 : NS_PER_US;
	return (struct clock_state){
		.synced = state != -1 && state != TIME_ERROR && !(tx.status & STA_UNSYNC),
		.offset_ns = (int64_t)tx.offset * unit,
		.max_error_ns = (int64_t)tx.maxerror * NS_PER_US,
	};
}

void random_bytes(void *out, size_t len)
{
	uint8_t *at = out;
	while (len > 0) {
		ssize_t n = getrandom(at, len, 0);
		if (n < 0 && errno == EINTR)
			continue;
		assert(n > 0);
		at += n;
		len -= (size_t)n;
	}
}

uint64_t random_u64(void)
{
	uint64_t v;
	random_bytes(&v, sizeof(v));
	return v;
}
