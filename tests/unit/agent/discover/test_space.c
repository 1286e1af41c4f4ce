// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "discover/space.h"

static struct space s;
static const uint64_t seed[2] = { 3, 4 };

static struct prefix prefix(const char *text)
{
	struct prefix p;
	assert_int_equal(prefix_read(span_text(text), &p), ERR_OK);
	return p;
}

static uint64_t offset_in(struct prefix p, struct addr a)
{
	return addr_to_v4(a) - addr_to_v4(p.addr);
}

static void every_address_comes_exactly_once(void **state)
{
	(void)state;
	static const char *const sizes[] = { "198.18.0.0/32", "198.18.0.0/31", "198.18.0.0/27",
					     "198.18.0.0/20", "198.18.0.0/15" };
	for (size_t i = 0; i < COUNT(sizes); i++) {
		const struct prefix p = prefix(sizes[i]);
		uint64_t in_place = 0;
		assert_int_equal(space_init(&s, &p, 1, seed), ERR_OK);
		assert_int_equal(s.addrs, 1ULL << (32 - p.bits));
		uint8_t *seen = calloc(s.addrs, 1);
		for (uint64_t k = 0; k < s.addrs; k++) {
			struct addr a = space_at(&s, k);
			assert_true(prefix_holds(p, a));
			assert_int_equal(seen[offset_in(p, a)]++, 0);
			in_place += offset_in(p, a) == k;
		}
		free(seen);
		if (s.addrs > 1000)
			assert_true(in_place < 30);
	}
}

static void overlapping_prefixes_are_one(void **state)
{
	(void)state;
	const struct prefix p[] = { prefix("198.18.1.0/25"),  prefix("198.18.1.0/24"),
				    prefix("198.18.1.77"),    prefix("198.18.3.0/30"),
				    prefix("2001:db8::/126"), prefix("198.18.3.0/30") };
	unsigned v4 = 0, v6 = 0;
	assert_int_equal(space_init(&s, p, COUNT(p), seed), ERR_OK);
	assert_int_equal(s.addrs, 264);
	for (uint64_t k = 0; k < s.addrs; k++) {
		struct addr a = space_at(&s, k);
		assert_true(prefix_holds(p[1], a) || prefix_holds(p[3], a) ||
			    prefix_holds(p[4], a));
		v4 += a.family == 4;
		v6 += a.family == 6;
		for (uint64_t m = 0; m < k; m++)
			assert_false(addr_eq(a, space_at(&s, m)));
	}
	assert_int_equal(v4, 260);
	assert_int_equal(v6, 4);
}

static void another_seed_is_another_order(void **state)
{
	(void)state;
	static struct space t;
	const struct prefix p = prefix("198.18.0.0/22");
	const uint64_t other[2] = { 5, 6 };
	unsigned same = 0;
	assert_int_equal(space_init(&s, &p, 1, seed), ERR_OK);
	assert_int_equal(space_init(&t, &p, 1, other), ERR_OK);
	for (uint64_t k = 0; k < s.addrs; k++)
		same += addr_eq(space_at(&s, k), space_at(&t, k));
	assert_true(same < 20);
	assert_int_equal(space_init(&t, &p, 1, seed), ERR_OK);
	assert_true(addr_eq(space_at(&s, 700), space_at(&t, 700)));
}

static void what_is_too_much_is_refused(void **state)
{
	(void)state;
	const struct prefix p[] = { prefix("2001:db8::/64"), prefix("0.0.0.0/0") };
	assert_int_equal(space_init(&s, p, 1, seed), ERR_FULL);
	assert_int_equal(space_init(&s, p + 1, 1, seed), ERR_OK);
	assert_int_equal(s.addrs, 1ULL << 32);
	assert_int_equal(space_init(&s, p, SPACE_PREFIXES + 1, seed), ERR_FULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_address_comes_exactly_once),
		cmocka_unit_test(overlapping_prefixes_are_one),
		cmocka_unit_test(another_seed_is_another_order),
		cmocka_unit_test(what_is_too_much_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
