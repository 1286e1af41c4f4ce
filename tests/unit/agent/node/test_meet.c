// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "node/meet.h"

static const uint8_t seed[REFLECT_NONCE] = { 1, 2, 3, 4, 5, 6, 7, 8 };

static void answer(struct meet *m, size_t i, uint16_t port)
{
	struct reflect_answer a = { .proto = 17, .you = { { 4, { 198, 18, 3, 2 } }, port, 60 } };
	uint8_t in[REFLECT_SIZE], out[REFLECT_SIZE];
	struct wr q = wr_of(in, sizeof(in)), w = wr_of(out, sizeof(out));
	meet_ask_write(m, i, &q);
	assert_int_equal(reflect_ask_read(wr_span(&q), &a.ask), ERR_OK);
	reflect_answer_write(&w, &a);
	meet_hear_answer(m, wr_span(&w));
}

static struct meet make(uint16_t first, uint16_t second, bool other_varies)
{
	const struct meet_end other = { { 4, { 198, 18, 9, 9 } }, 7000, other_varies };
	struct meet m;
	meet_init(&m, seed, (struct mono){ 1 });
	assert_int_equal(meet_judge(&m), MEET_WAIT);
	meet_hear_other(&m, &other);
	assert_int_equal(meet_judge(&m), MEET_WAIT); // own not known
	answer(&m, 0, first);
	assert_int_equal(meet_own(&m).addr.family, 0); // one answer does not tell whether it varies
	answer(&m, 1, second);
	return m;
}

static void ends_with_steady_ports_meet(void **state)
{
	struct meet m = make(52000, 52000, false);
	(void)state;
	assert_int_equal(meet_own(&m).port, 52000);
	assert_false(meet_own(&m).varies);
	assert_int_equal(meet_judge(&m), MEET_READY);
}

static void one_that_varies_may_still_call_the_other(void **state)
{
	struct meet m = make(52000, 61234, false);
	(void)state;
	assert_true(meet_own(&m).varies);
	assert_int_equal(meet_judge(&m), MEET_READY);
	m = make(52000, 52000, true);
	assert_int_equal(meet_judge(&m), MEET_READY);
}

static void two_that_vary_never_meet(void **state)
{
	struct meet m = make(52000, 61234, true);
	(void)state;
	assert_int_equal(meet_judge(&m), MEET_NEVER);
}

static void another_ones_answer_is_not_ours(void **state)
{
	struct meet m, other;
	uint8_t in[REFLECT_SIZE], out[REFLECT_SIZE], random[REFLECT_NONCE] = { 9 };
	struct reflect_answer a = { .proto = 17, .you = { { 4, { 198, 18, 3, 2 } }, 1, 60 } };
	struct wr q = wr_of(in, sizeof(in)), w = wr_of(out, sizeof(out));
	(void)state;
	meet_init(&m, seed, (struct mono){ 1 });
	meet_init(&other, random, (struct mono){ 1 });
	meet_ask_write(&other, 0, &q);
	assert_int_equal(reflect_ask_read(wr_span(&q), &a.ask), ERR_OK);
	reflect_answer_write(&w, &a);
	meet_hear_answer(&m, wr_span(&w));
	assert_int_equal(m.seen[0].addr.family, 0);
	meet_hear_answer(&m, span_of(out, 10));
	assert_int_equal(m.seen[0].addr.family, 0);
}

static void rounds_keep_their_pace(void **state)
{
	struct meet m;
	(void)state;
	meet_init(&m, seed, (struct mono){ 1 });
	assert_true(meet_tick(&m, (struct mono){ 1 }));
	assert_false(meet_tick(&m, (struct mono){ MEET_PACE }));
	assert_true(meet_tick(&m, (struct mono){ MEET_PACE + 1 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_with_steady_ports_meet),
		cmocka_unit_test(one_that_varies_may_still_call_the_other),
		cmocka_unit_test(two_that_vary_never_meet),
		cmocka_unit_test(another_ones_answer_is_not_ours),
		cmocka_unit_test(rounds_keep_their_pace),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
