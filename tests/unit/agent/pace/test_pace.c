// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pace/pace.h"

static struct addr addr(const char *text)
{
	struct addr a;
	assert_int_equal(addr_read(span_text(text), &a), ERR_OK);
	return a;
}

static struct prefix prefix(const char *text)
{
	struct prefix p;
	assert_int_equal(prefix_read(span_text(text), &p), ERR_OK);
	return p;
}

static struct pace *make(double all, double target, double net, double burst, size_t targets)
{
	const struct pace_limits l = {
		.all = all, .target = target, .net = net, .burst_s = burst, .targets = targets
	};
	struct pace *p = pace_new(&l);
	assert_non_null(p);
	return p;
}

// How many packets go to DST (or, with SPREAD, to as many neighbours) in one second of asking every
// 100 microseconds.
static unsigned in_one_second(struct pace *p, struct addr dst, unsigned spread)
{
	unsigned count = 0;
	struct mono until;
	for (int64_t t = 0; t < NS_PER_S; t += 100 * NS_PER_US) {
		if (spread > 0)
			dst.bytes[3] = (uint8_t)(t / 1000 % spread);
		count += pace_ask(p, (struct mono){ 5 * NS_PER_S + t }, dst, &until) == PACE_GO;
	}
	return count;
}

static void keeps_the_rate_of_everything(void **state)
{
	(void)state;
	struct pace *p = make(100, 0, 0, 0.01, 64);
	assert_in_range(in_one_second(p, addr("198.18.0.1"), 200), 100, 102);
	pace_free(&p);
}

static void keeps_the_rate_of_one_target(void **state)
{
	(void)state;
	struct pace *p = make(0, 50, 0, 0, 64);
	assert_in_range(in_one_second(p, addr("198.18.0.1"), 0), 50, 51);
	assert_in_range(in_one_second(p, addr("2001:db8::1"), 0), 50, 51);
	pace_free(&p);
}

static void keeps_the_rate_of_one_network(void **state)
{
	(void)state;
	struct pace *p = make(10000, 0, 30, 0, 64);
	assert_in_range(in_one_second(p, addr("198.18.0.1"), 250), 30, 31);
	pace_free(&p);
}

static void two_that_share_keep_the_rates_together(void **state)
{
	(void)state;
	struct pace *node = make(0, 20, 30, 0, 64);
	struct pace *one = make(0, 0, 0, 0, 64), *two = make(0, 0, 0, 0, 64);
	struct mono now = { NS_PER_S }, until;
	pace_share(one, node);
	pace_share(two, node);
	assert_int_equal(pace_ask(one, now, addr("198.18.0.1"), &until), PACE_GO);
	assert_int_equal(pace_ask(two, now, addr("198.18.0.1"), &until), PACE_WAIT);
	assert_int_equal(until.ns, NS_PER_S + NS_PER_S / 20);
	assert_int_equal(pace_ask(two, now, addr("198.18.0.2"), &until), PACE_WAIT); // network
	assert_int_equal(until.ns, NS_PER_S + NS_PER_S / 30);
	assert_int_equal(pace_ask(two, now, addr("198.18.1.1"), &until), PACE_GO);
	pace_free(&one); // what it has spent stays spent
	assert_int_equal(pace_ask(two, now, addr("198.18.0.1"), &until), PACE_WAIT);
	pace_free(&two);
	pace_free(&node);
}

static void says_when_to_come_back(void **state)
{
	(void)state;
	struct pace *p = make(0, 10, 0, 0, 64);
	struct mono now = { NS_PER_S }, until;
	assert_int_equal(pace_ask(p, now, addr("198.18.0.1"), &until), PACE_GO);
	assert_int_equal(pace_ask(p, now, addr("198.18.0.1"), &until), PACE_WAIT);
	assert_int_equal(until.ns, NS_PER_S + NS_PER_S / 10);
	struct mono other;
	assert_int_equal(pace_ask(p, now, addr("198.18.0.2"), &other), PACE_GO);
	assert_int_equal(pace_ask(p, until, addr("198.18.0.1"), &until), PACE_GO);
	pace_free(&p);
}

static void nobody_goes_when_everything_is_spent(void **state)
{
	(void)state;
	struct pace *p = make(10, 0, 0, 0, 64);
	struct mono now = { NS_PER_S }, until;
	assert_int_equal(pace_ask(p, now, addr("198.18.0.1"), &until), PACE_GO);
	assert_int_equal(pace_ask(p, now, addr("198.18.7.7"), &until), PACE_WAIT_ALL);
	assert_int_equal(pace_ask(p, until, addr("198.18.7.7"), &until), PACE_GO);
	pace_free(&p);
}

static void refuses_what_is_denied_and_what_is_no_host(void **state)
{
	(void)state;
	static const char *const refused[] = { "198.18.4.4", "2001:db8:4::4",
					       "224.0.0.1",  "255.255.255.255",
					       "0.0.0.0",    "ff02::1",
					       "::" };
	struct pace *p = make(0, 0, 0, 0, 64);
	struct mono until;
	assert_int_equal(pace_put(p, prefix("198.18.4.0/24")), ERR_OK);
	assert_int_equal(pace_put(p, prefix("2001:db8:4::/48")), ERR_OK);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		assert_int_equal(pace_ask(p, (struct mono){ 0 }, addr(refused[i]), &until),
				 PACE_REFUSED);
	assert_int_equal(pace_ask(p, (struct mono){ 0 }, addr("198.18.5.4"), &until), PACE_GO);
	assert_non_null(pace_denied(p, addr("198.18.4.1")));
	assert_null(pace_denied(p, addr("198.18.5.1")));
	pace_free(&p);
}

static void forgets_old_targets_but_not_their_rate(void **state)
{
	(void)state;
	struct pace *p = make(0, 1, 0, 0, 4);
	struct mono now = { NS_PER_S }, until;
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(pace_ask(p, now, addr_v4(0xc6120000 + i), &until), PACE_GO);
	assert_int_equal(pace_ask(p, now, addr_v4(0xc6120000 + 99), &until), PACE_WAIT);
	pace_free(&p);
}

static void the_list_has_an_end(void **state)
{
	(void)state;
	struct pace *p = make(0, 0, 0, 0, 4);
	enum err err = ERR_OK;
	for (int i = 0; i <= PACE_DENY_MAX && err == ERR_OK; i++)
		err = pace_put(p, (struct prefix){ addr_v4(0xc6120000 + 2 * (uint32_t)i), 32 });
	assert_int_equal(err, ERR_FULL);
	pace_free(&p);
}

static void a_wide_denial_takes_the_place_of_narrow_ones_in_it(void **state)
{
	(void)state;
	struct pace *p = make(0, 0, 0, 0, 4);
	const char *const some[] = { "198.18.4.0/24",   "198.18.4.7/32", "198.18.0.0/24",
				     "198.18.9.0/24",   "198.18.0.0/21", "198.18.0.0/24",
				     "2001:db8:1::/48", "2001:db8::/32" };
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		assert_int_equal(pace_put(p, prefix(some[i])), ERR_OK);
	assert_int_equal(pace_denied(p, addr_v4(0xc6120000))->bits, 21);
	assert_int_equal(pace_denied(p, addr_v4(0xc6120407))->bits, 21);
	assert_int_equal(pace_denied(p, addr_v4(0xc61207ff))->bits, 21);
	assert_null(pace_denied(p, addr_v4(0xc6120800)));
	assert_int_equal(pace_denied(p, addr_v4(0xc6120900))->bits, 24);
	assert_null(pace_denied(p, addr_v4(0xc6120a00)));
	assert_int_equal(pace_denied(p, prefix("2001:db8:1::1").addr)->bits, 32);
	assert_int_equal(pace_denied(p, prefix("255.255.255.255").addr)->bits, 4);
	pace_free(&p);
}

// Each uplink, told by the address packets leave from, has its own first hop; one that has enough
// holds up nothing that goes further.
static void keeps_the_rate_of_a_first_hop(void **state)
{
	const struct pace_limits l = { .all = 1000, .first = 100, .burst_s = 0.01, .targets = 64 };
	struct pace *p = pace_new(&l);
	struct addr dst = addr("198.18.5.1"), out[] = { addr("198.18.0.1"), addr("198.18.1.1") };
	unsigned near[2] = { 0 }, far = 0;
	struct mono until;
	(void)state;
	assert_non_null(p);
	for (int64_t t = 0; t < NS_PER_S; t += 250 * NS_PER_US) {
		struct mono now = { 5 * NS_PER_S + t };
		dst.bytes[2]++;
		for (int i = 0; i < 2; i++) {
			enum pace_verdict v = pace_ask_first(p, now, dst, out[i], &until);
			near[i] += v == PACE_GO;
			assert_true(v == PACE_GO || v == PACE_WAIT_FIRST || v == PACE_WAIT_ALL);
			assert_true(v == PACE_GO || mono_before(now, until));
		}
		far += pace_ask(p, now, dst, &until) == PACE_GO;
	}
	assert_in_range(near[0], 90, 102);
	assert_in_range(near[1], 90, 102);
	assert_in_range(near[0] + near[1] + far, 990, 1012);
	pace_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_the_rate_of_everything),
		cmocka_unit_test(keeps_the_rate_of_a_first_hop),
		cmocka_unit_test(keeps_the_rate_of_one_target),
		cmocka_unit_test(keeps_the_rate_of_one_network),
		cmocka_unit_test(two_that_share_keep_the_rates_together),
		cmocka_unit_test(says_when_to_come_back),
		cmocka_unit_test(nobody_goes_when_everything_is_spent),
		cmocka_unit_test(refuses_what_is_denied_and_what_is_no_host),
		cmocka_unit_test(forgets_old_targets_but_not_their_rate),
		cmocka_unit_test(the_list_has_an_end),
		cmocka_unit_test(a_wide_denial_takes_the_place_of_narrow_ones_in_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
