// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/bursts.h"

static const uint64_t seed[2] = { 1, 2 };

static const struct flow_key flow = {
	.proto = 6,
	.a = { .family = 4, .bytes = { 198, 18, 0, 1 } },
	.b = { .family = 4, .bytes = { 198, 18, 0, 2 } },
	.aport = 40000,
	.bport = 443,
};

static struct wall at_ms(int64_t ms)
{
	return (struct wall){ ms * NS_PER_MS };
}

static void a_burst_carries_what_came_until_the_next(void **state)
{
	(void)state;
	struct flow_burst out[FLOW_BURSTS_MAX];
	struct bursts *b = bursts_new(4, seed);
	bursts_hear(b, &flow, at_ms(100), 0);
	bursts_hear(b, &flow, at_ms(900), 70);
	assert_int_equal(bursts_find(b, &flow, at_ms(50), 100, out), 2);
	assert_int_equal(out[0].after_ns, 50 * NS_PER_MS);
	assert_int_equal(out[0].bytes, 70);
	assert_int_equal(out[1].after_ns, 850 * NS_PER_MS);
	assert_int_equal(out[1].bytes, 30);
	bursts_free(&b);
}

static void either_direction_is_the_same_flow(void **state)
{
	(void)state;
	struct flow_burst out[FLOW_BURSTS_MAX];
	struct flow_key back = flow;
	back.a = flow.b;
	back.b = flow.a;
	back.aport = flow.bport;
	back.bport = flow.aport;
	struct bursts *b = bursts_new(4, seed);
	bursts_hear(b, &back, at_ms(1), 0);
	assert_int_equal(bursts_find(b, &flow, at_ms(0), 5, out), 1);
	back.bport++;
	assert_int_equal(bursts_find(b, &back, at_ms(0), 5, out), 0);
	bursts_free(&b);
}

static void past_the_bound_the_last_burst_carries_the_rest(void **state)
{
	(void)state;
	struct flow_burst out[FLOW_BURSTS_MAX];
	struct bursts *b = bursts_new(4, seed);
	for (int i = 0; i < FLOW_BURSTS_MAX + 10; i++)
		bursts_hear(b, &flow, at_ms(i * 1000), (uint64_t)i);
	assert_int_equal(bursts_find(b, &flow, at_ms(0), 1000, out), FLOW_BURSTS_MAX);
	assert_int_equal(out[FLOW_BURSTS_MAX - 1].bytes, 1000 - (FLOW_BURSTS_MAX - 1));
	bursts_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_carries_what_came_until_the_next),
		cmocka_unit_test(either_direction_is_the_same_flow),
		cmocka_unit_test(past_the_bound_the_last_burst_carries_the_rest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
