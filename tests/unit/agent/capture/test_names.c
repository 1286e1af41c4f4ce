// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/macro.h"
#include "capture/names.h"

static const uint64_t seed[2];

static struct name_entry entry(struct names *n, uint32_t addr, const char *name)
{
	return (struct name_entry){
		.addr = addr_v4(addr),
		.asker = addr_v4(1),
		.text = names_put(n, span_text(name)),
		.how = NAME_DNS,
	};
}

static size_t count(const struct names *n, uint32_t addr)
{
	struct addr a = addr_v4(addr);
	struct name_entry e;
	uint64_t at = 0;
	size_t found = 0;
	while (names_next(n, &a, &at, &e))
		found++;
	return found;
}

static void keeps_equal_names_once_in_lower_case(void **state)
{
	(void)state;
	AUTO(names_free) struct names *n = names_new(8, 4096, seed);
	uint32_t a = names_put(n, span_text("Chat.Example"));
	assert_int_equal(a, names_put(n, span_text("chat.EXAMPLE")));
	assert_string_equal(names_text(n, a), "chat.example");
	assert_string_equal(names_text(n, 0), "");
	assert_int_equal(names_put(n, span_text("")), 0);
}

static void walks_newest_first_and_logs_a_repetition_once(void **state)
{
	(void)state;
	AUTO(names_free) struct names *n = names_new(8, 4096, seed);
	struct name_entry a = entry(n, 5, "a"), b = entry(n, 5, "b"), c = entry(n, 6, "c"), got;
	names_hear(n, &a);
	names_hear(n, &b);
	names_hear(n, &c);
	names_hear(n, &a);
	assert_int_equal(count(n, 5), 2);
	assert_int_equal(count(n, 6), 1);
	assert_int_equal(count(n, 7), 0);
	uint64_t at = 0;
	assert_true(names_next(n, &a.addr, &at, &got));
	assert_string_equal(names_text(n, got.text), "b");
}

static void the_newest_overwrite_the_oldest(void **state)
{
	(void)state;
	AUTO(names_free) struct names *n = names_new(8, 4096, seed);
	for (uint32_t i = 0; i < 1000; i++) {
		char text[16];
		snprintf(text, sizeof(text), "n%u", i % 50);
		struct name_entry e = entry(n, i % 3, text);
		names_hear(n, &e);
		assert_true(count(n, 0) + count(n, 1) + count(n, 2) <= 8);
		assert_true(count(n, i % 3) > 0);
	}
	assert_int_equal(names_lost(n), 0);
}

static void counts_names_for_which_there_is_no_room(void **state)
{
	(void)state;
	AUTO(names_free) struct names *n = names_new(8, 20, seed);
	assert_int_not_equal(names_put(n, span_text("0123456789")), 0);
	assert_int_equal(names_put(n, span_text("0123456789a")), 0);
	assert_int_equal(names_lost(n), 1);
	assert_int_not_equal(names_put(n, span_text("0123456789")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_equal_names_once_in_lower_case),
		cmocka_unit_test(walks_newest_first_and_logs_a_repetition_once),
		cmocka_unit_test(the_newest_overwrite_the_oldest),
		cmocka_unit_test(counts_names_for_which_there_is_no_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
