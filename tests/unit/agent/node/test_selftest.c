// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "node/selftest.h"
#include "wire/be.h"

#define ID  0x5157
#define RTT (40 * NS_PER_MS)

// A vantage node that answers after RTT, unless a test says otherwise.
struct other {
	int64_t clock_ns;  // ahead of us
	size_t lose_every; // 0: none
	uint16_t carries;  // bytes of the largest packet; 0: any
	struct wall midnight;
};

static uint32_t day_ms(int64_t ns)
{
	return (uint32_t)(ns / NS_PER_MS % (24 * 60 * 60 * 1000));
}

static void run(const struct other *o, int64_t handshake_ns,
		struct selftest_result out[SELFTEST_ITEM_COUNT_])
{
	struct selftest t;
	struct mono now = { NS_PER_S }, due;
	struct wall wall = o->midnight;
	uint8_t room[SELFTEST_MESSAGE];
	size_t n = 0;
	selftest_init(&t, 4, ID, 1420, handshake_ns);
	for (;;) {
		struct wr w = wr_of(room, sizeof(room));
		if (!selftest_next(&t, now, wall, &w, &due))
			break;
		assert_int_equal(w.err, ERR_OK);
		n++;
		bool lost = (o->lose_every != 0 && n % o->lose_every == 0) ||
			    (o->carries != 0 && w.len + selftest_header(4) > o->carries);
		bool time = room[0] == 13;
		room[0] = time ? 14 : 0;
		if (time) {
			uint32_t theirs = day_ms(wall.ns + RTT / 2 + o->clock_ns);
			be16_put(room + 12, (uint16_t)(theirs >> 16));
			be16_put(room + 14, (uint16_t)theirs);
			memcpy(room + 16, room + 12, 4);
		}
		if (!lost)
			selftest_hear(&t, span_of(room, w.len), mono_add(now, RTT),
				      (struct wall){ wall.ns + RTT });
		now = due;
		wall.ns += SELFTEST_PACE;
	}
	assert_int_equal(n, SELFTEST_PROBES);
	assert_true(selftest_done(&t, mono_add(now, SELFTEST_WAIT)));
	selftest_judge(&t, out);
}

static const struct wall noon = { 1700000000 * NS_PER_S };

static void a_good_tunnel_passes_with_its_numbers(void **state)
{
	(void)state;
	const struct other o = { .midnight = noon };
	struct selftest_result r[SELFTEST_ITEM_COUNT_];
	run(&o, 2 * NS_PER_S, r);
	for (int i = 0; i < SELFTEST_ITEM_COUNT_; i++)
		assert_true(r[i].known && r[i].passed);
	assert_int_equal(r[SELFTEST_ITEM_HANDSHAKE].value, 2000);
	assert_int_equal(r[SELFTEST_ITEM_RTT].value, 40000);
	assert_int_equal(r[SELFTEST_ITEM_MTU].value, 1420);
	assert_int_equal(r[SELFTEST_ITEM_CLOCK].value, 0);
}

static void a_clock_that_differs_fails_by_name(void **state)
{
	(void)state;
	const struct other ahead = { .midnight = noon, .clock_ns = 60 * NS_PER_MS };
	struct selftest_result r[SELFTEST_ITEM_COUNT_];
	run(&ahead, 0, r);
	assert_int_equal(r[SELFTEST_ITEM_CLOCK].value, 60);
	assert_int_equal(r[SELFTEST_ITEM_CLOCK].limit, 25);
	assert_false(r[SELFTEST_ITEM_CLOCK].passed);
	assert_true(r[SELFTEST_ITEM_LOSS].passed);
	assert_string_equal(selftest_item_name(SELFTEST_ITEM_CLOCK), "selftest-clock");
}

// Times in the message begin again at midnight.
static void the_clock_is_right_over_midnight(void **state)
{
	(void)state;
	const int64_t day = 24LL * 60 * 60 * NS_PER_S;
	const struct other o = { .midnight = { 20000 * day - 370 * NS_PER_MS },
				 .clock_ns = 50 * NS_PER_MS };
	struct selftest_result r[SELFTEST_ITEM_COUNT_];
	run(&o, 0, r);
	assert_in_range(r[SELFTEST_ITEM_CLOCK].value, 49, 51);
}

static void a_small_way_fails_with_what_passed(void **state)
{
	(void)state;
	const struct other o = { .midnight = noon, .carries = 1400 };
	struct selftest_result r[SELFTEST_ITEM_COUNT_];
	run(&o, 0, r);
	assert_int_equal(r[SELFTEST_ITEM_MTU].value, 1380);
	assert_false(r[SELFTEST_ITEM_MTU].passed);
}

static void loss_fails_beyond_one_in_five(void **state)
{
	(void)state;
	const struct other many = { .midnight = noon, .lose_every = 3 };
	const struct other few = { .midnight = noon, .lose_every = 7 };
	struct selftest_result r[SELFTEST_ITEM_COUNT_];
	run(&many, 0, r);
	assert_int_equal(r[SELFTEST_ITEM_LOSS].value, 30);
	assert_false(r[SELFTEST_ITEM_LOSS].passed);
	run(&few, 0, r);
	assert_true(r[SELFTEST_ITEM_LOSS].passed);
	assert_true(r[SELFTEST_ITEM_MTU].passed);
}

static void silence_fails_and_says_that_nothing_is_known(void **state)
{
	(void)state;
	const struct other o = { .midnight = noon, .lose_every = 1 };
	struct selftest_result r[SELFTEST_ITEM_COUNT_];
	run(&o, INT64_MAX, r);
	for (int i = 0; i < SELFTEST_ITEM_COUNT_; i++)
		assert_false(r[i].passed);
	assert_false(r[SELFTEST_ITEM_RTT].known || r[SELFTEST_ITEM_CLOCK].known);
	assert_int_equal(r[SELFTEST_ITEM_LOSS].value, 100);
}

static void answers_to_others_are_ignored(void **state)
{
	(void)state;
	struct selftest t;
	struct mono now = { NS_PER_S }, due;
	uint8_t room[SELFTEST_MESSAGE];
	struct wr w = wr_of(room, sizeof(room));
	selftest_init(&t, 4, ID, 1420, 0);
	assert_true(selftest_next(&t, now, noon, &w, &due));
	selftest_hear(&t, wr_span(&w), now, noon); // our own question
	room[0] = 0;
	selftest_hear(&t, span_of(room, w.len - 1), now, noon);
	room[5] ^= 1;
	selftest_hear(&t, wr_span(&w), now, noon);
	room[5] ^= 1;
	room[7] = 9; // not asked yet
	selftest_hear(&t, wr_span(&w), now, noon);
	selftest_hear(&t, span_of(room, 3), now, noon);
	assert_int_equal(t.answered, 0);
	room[7] = 0;
	selftest_hear(&t, wr_span(&w), now, noon);
	selftest_hear(&t, wr_span(&w), now, noon); // twice
	assert_int_equal(t.answered, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_tunnel_passes_with_its_numbers),
		cmocka_unit_test(a_clock_that_differs_fails_by_name),
		cmocka_unit_test(the_clock_is_right_over_midnight),
		cmocka_unit_test(a_small_way_fails_with_what_passed),
		cmocka_unit_test(loss_fails_beyond_one_in_five),
		cmocka_unit_test(silence_fails_and_says_that_nothing_is_known),
		cmocka_unit_test(answers_to_others_are_ignored),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
