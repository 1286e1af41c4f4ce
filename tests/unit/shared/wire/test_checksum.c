// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/macro.h"
#include "wire/checksum.h"

static void sums_the_example_of_rfc_1071(void **state)
{
	(void)state;
	const uint8_t bytes[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };
	uint32_t sum = checksum_add(0, span_of(bytes, sizeof(bytes)));
	assert_int_equal(checksum_end(sum), 0xffff & ~0xddf2);
}

static void adds_in_parts_what_it_adds_at_once(void **state)
{
	(void)state;
	uint8_t bytes[301];
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 37 + 200);
	struct span all = span_of(bytes, sizeof(bytes));
	uint32_t parts = checksum_add(0, span_cut(all, 0, 100));
	parts = checksum_add(parts, span_cut(all, 100, 64));
	parts = checksum_add(parts, span_cut(all, 164, sizeof(bytes)));
	assert_int_equal(checksum_end(parts), checksum_end(checksum_add(0, all)));
}

static void swaps_a_word_as_a_full_sum_would(void **state)
{
	(void)state;
	uint8_t bytes[] = { 0x45, 0x00, 0x12, 0x34, 0x40, 0x06, 0xab, 0xcd };
	uint16_t before = checksum_end(checksum_add(0, span_of(bytes, sizeof(bytes))));
	bytes[4] = 0x3f;
	uint16_t after = checksum_end(checksum_add(0, span_of(bytes, sizeof(bytes))));
	assert_int_equal(checksum_swap(before, 0x4006, 0x3f06), after);
}

static void balances_a_word_so_that_the_sum_is_as_wanted(void **state)
{
	(void)state;
	for (unsigned want = 1; want < 0xffff; want += 97) {
		uint8_t bytes[] = { 0x12, 0x34, 0, 0, 0x9a, 0xbc };
		uint16_t have = checksum_end(checksum_add(0, span_of(bytes, sizeof(bytes))));
		uint16_t word = checksum_balance(have, (uint16_t)want);
		bytes[2] = (uint8_t)(word >> 8);
		bytes[3] = (uint8_t)word;
		assert_int_equal(checksum_end(checksum_add(0, span_of(bytes, sizeof(bytes)))),
				 want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_the_example_of_rfc_1071),
		cmocka_unit_test(adds_in_parts_what_it_adds_at_once),
		cmocka_unit_test(swaps_a_word_as_a_full_sum_would),
		cmocka_unit_test(balances_a_word_so_that_the_sum_is_as_wanted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
