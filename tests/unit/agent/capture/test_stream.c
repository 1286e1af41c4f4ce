// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macro.h"
#include "capture/stream.h"

static struct stream s;
static uint8_t want[3000];

static void setup(uint32_t base)
{
	for (size_t i = 0; i < sizeof(want); i++)
		want[i] = (uint8_t)(i * 7 + i / 256);
	stream_init(&s, base);
}

static bool put(uint32_t from, uint32_t to)
{
	return stream_put(&s, s.base + from, span_of(want + from, to - from));
}

static void assert_have(size_t len)
{
	struct span got = stream_span(&s);
	assert_int_equal(got.len, len);
	assert_memory_equal(got.at, want, len);
}

static void orders_segments_across_the_wrap_of_sequence_numbers(void **state)
{
	(void)state;
	setup(0xffffff00u);
	assert_true(put(1000, 2000));
	assert_have(0);
	assert_true(put(500, 600));
	assert_true(put(0, 500));
	assert_have(600);
	assert_true(put(600, 1000));
	assert_have(2000);
	assert_int_equal(s.parts, 0);
}

static void keeps_the_first_copy_of_a_byte(void **state)
{
	(void)state;
	static const uint8_t other[3000];
	setup(77);
	assert_true(put(100, 200));
	assert_true(put(300, 400));
	assert_true(put(0, 50));
	assert_true(stream_put(&s, 77 + 100, span_of(other, 100)));
	assert_true(stream_put(&s, 77, span_of(other, 50)));
	assert_true(put(50, 350));
	assert_have(400);
}

static void orders_any_shuffle(void **state)
{
	(void)state;
	srand(4);
	for (int round = 0; round < 2000; round++) {
		bool kept = true;
		setup((uint32_t)rand());
		for (int i = 0; i < 60; i++) {
			uint32_t from = (uint32_t)rand() % 2000, len = (uint32_t)rand() % 300;
			kept &= put(from, from + len);
		}
		for (uint32_t at = 0; at < 2400; at += 100)
			kept &= put(at, at + 130);
		if (!kept)
			continue;
		assert_true(stream_span(&s).len >= 2430);
		assert_have(stream_span(&s).len);
	}
}

static void says_when_a_segment_cannot_be_kept(void **state)
{
	(void)state;
	setup(0);
	for (uint32_t i = 0; i < STREAM_PARTS; i++)
		assert_true(put(100 + 20 * i, 110 + 20 * i));
	assert_false(put(1000, 1010));
	assert_false(stream_put(&s, STREAM_CAP, span_of(want, 10)));
	assert_true(stream_put(&s, 0u - 10, span_of(want, 5))); // long gone
}

static void forgets_its_front(void **state)
{
	(void)state;
	setup(9);
	assert_true(put(0, 100));
	assert_true(put(150, 200));
	stream_skip(&s, 60);
	assert_int_equal(s.base, 69);
	assert_true(stream_put(&s, 9 + 100, span_of(want + 100, 50)));
	struct span got = stream_span(&s);
	assert_int_equal(got.len, 140);
	assert_memory_equal(got.at, want + 60, 140);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders_segments_across_the_wrap_of_sequence_numbers),
		cmocka_unit_test(keeps_the_first_copy_of_a_byte),
		cmocka_unit_test(orders_any_shuffle),
		cmocka_unit_test(says_when_a_segment_cannot_be_kept),
		cmocka_unit_test(forgets_its_front),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
