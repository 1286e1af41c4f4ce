// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "names/asked.h"

static const uint64_t seed[2] = { 1, 2 };

static struct addr host(uint32_t n)
{
	return addr_v4(0xc6120000 + n);
}

static void an_address_is_fresh_once(void **state)
{
	(void)state;
	struct asked *a = asked_new(8, seed);
	assert_true(asked_put(a, host(1)));
	assert_false(asked_put(a, host(1)));
	assert_true(asked_put(a, host(2)));
	asked_take(a, host(1)); // nobody answered
	assert_true(asked_put(a, host(1)));
	asked_free(&a);
	assert_null(a);
}

static void the_oldest_are_forgotten_and_asked_again(void **state)
{
	(void)state;
	struct asked *a = asked_new(8, seed);
	for (uint32_t n = 0; n < 1000; n++) {
		assert_true(asked_put(a, host(n)));
		for (uint32_t back = 0; back < 4 && back <= n; back++)
			assert_false(asked_put(a, host(n - back)));
		if (n >= 8)
			assert_int_equal(asked_put(a, host(n - 8)), true);
		if (n >= 8)
			asked_take(a, host(n - 8));
	}
	asked_free(&a);
}

static void what_is_known_is_known_when_there_is_no_room(void **state)
{
	(void)state;
	struct asked *a = asked_new(4, seed);
	for (uint32_t n = 0; n < 4; n++)
		assert_true(asked_put(a, host(n)));
	for (int turn = 0; turn < 3; turn++)
		for (uint32_t n = 0; n < 4; n++)
			assert_false(asked_put(a, host(n)));
	asked_take(a, host(0)); // of the older half
	assert_true(asked_put(a, host(0)));
	asked_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_fresh_once),
		cmocka_unit_test(the_oldest_are_forgotten_and_asked_again),
		cmocka_unit_test(what_is_known_is_known_when_there_is_no_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
