// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/csv.h"
#include "base/macro.h"
#include "base/text.h"

static struct csv csv;

static void next_is(size_t line, size_t count)
{
	assert_int_equal(csv_next(&csv), ERR_OK);
	assert_int_equal(csv.line, line);
	assert_int_equal(csv.count, count);
}

static void reads_plain_and_quoted_fields(void **state)
{
	(void)state;
	csv_init(&csv, span_text("\xef\xbb\xbf"
				 "a,b\r\n1,\"x, \"\"y\"\"\nz\",\n\n# note\nlast"));
	next_is(1, 2);
	assert_true(text_is(csv.field[0], "a") && text_is(csv.field[1], "b"));
	next_is(2, 3);
	assert_true(text_is(csv.field[1], "x, \"y\"\nz"));
	assert_int_equal(csv.field[2].len, 0);
	next_is(6, 1);
	assert_true(text_is(csv.field[0], "last"));
	assert_int_equal(csv_next(&csv), ERR_MISSING);
}

static void counts_empty_fields_at_the_end(void **state)
{
	(void)state;
	csv_init(&csv, span_text("a,,\n,\n\"\""));
	next_is(1, 3);
	next_is(2, 2);
	next_is(3, 1);
	assert_int_equal(csv.field[0].len, 0);
	assert_int_equal(csv_next(&csv), ERR_MISSING);
}

static void refuses_quotes_out_of_place(void **state)
{
	(void)state;
	static const char *const bad[] = { "a\"b", "\"a", "\"a\"b,c", "x,\"\"\"" };
	for (size_t i = 0; i < COUNT(bad); i++) {
		csv_init(&csv, span_text(bad[i]));
		assert_int_equal(csv_next(&csv), ERR_FORMAT);
	}
}

static void has_a_bound_on_fields(void **state)
{
	(void)state;
	char line[CSV_FIELDS + 1];
	memset(line, ',', sizeof(line));
	csv_init(&csv, span_of(line, CSV_FIELDS - 1));
	next_is(1, CSV_FIELDS);
	csv_init(&csv, span_of(line, CSV_FIELDS));
	assert_int_equal(csv_next(&csv), ERR_FULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_plain_and_quoted_fields),
		cmocka_unit_test(counts_empty_fields_at_the_end),
		cmocka_unit_test(refuses_quotes_out_of_place),
		cmocka_unit_test(has_a_bound_on_fields),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
