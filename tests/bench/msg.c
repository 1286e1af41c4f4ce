// SPDX-License-Identifier: Apache-2.0
//
// Bytes per trace and microseconds to write and to read it: 15 hops × 3 probes, 100 in a batch.
#include <stdio.h>
#include <time.h>

#include "msg/record.h"
#include "msg/sample.h"

#define TRACES 100
#define ROUNDS 2000

static double cpu_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

int main(void)
{
	static uint8_t room[BATCH_SIZE_MAX];
	struct trace_record t, got;
	struct batch_head h = {
		.node = span_text("fra-1"), .epoch = 1, .seq = 1, .records = TRACES
	};
	struct wr w = { 0 };
	struct arena arena;
	struct batch *b;
	uint64_t sum = 0;
	sample_trace(&t, 15, 3);
	double start = cpu_us();
	for (int r = 0; r < ROUNDS; r++) {
		w = wr_of(room, sizeof(room));
		if (batch_head_write(&w, &h) != ERR_OK)
			return 1;
		for (int i = 0; i < TRACES; i++)
			if (record_write_trace(&w, &t) != ERR_OK)
				return 1;
	}
	double wrote = cpu_us() - start;
	arena_init(&arena, 8 << 20);
	start = cpu_us();
	for (int r = 0; r < ROUNDS; r++) {
		arena_reset(&arena);
		if (batch_read(wr_span(&w), &arena, &b) != ERR_OK)
			return 1;
		for (size_t i = 0; i < TRACES; i++) {
			if (batch_trace(b, i, &got) != ERR_OK)
				return 1;
			sum += got.rtt_us[3];
		}
	}
	double read = cpu_us() - start;
	printf("trace 15x3 in batches of %d: %.0f bytes, write %.2f us, read and check %.2f us "
	       "(%llu)\n",
	       TRACES, (double)w.len / TRACES, wrote / ROUNDS / TRACES, read / ROUNDS / TRACES,
	       (unsigned long long)(sum % 10));
	arena_wipe(&arena);
	return 0;
}
