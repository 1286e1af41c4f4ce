// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/time.h"

static void by_libc(int64_t ns, char out[64])
{
	int64_t s = ns / NS_PER_S, frac = ns % NS_PER_S;
	struct tm tm;
	if (frac < 0) {
		frac += NS_PER_S;
		s--;
	}
	time_t at = (time_t)s;
	assert_non_null(gmtime_r(&at, &tm));
	size_t n = strftime(out, 40, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + n, 24, ".%09lldZ", (long long)frac);
}

static void times_are_those_of_libc(void **state)
{
	(void)state;
	const int64_t edges[] = { 0,
				  -1,
				  1,
				  INT64_MAX,
				  INT64_MIN + 1,
				  951782400 * NS_PER_S,
				  951868799 * NS_PER_S,
				  4107542400 * NS_PER_S };
	char ours[WALL_TEXT], theirs[64];
	uint64_t x = 88172645463325252u;
	for (size_t i = 0; i < 100000; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		int64_t ns = i < COUNT(edges) ? edges[i] : (int64_t)x;
		wall_write((struct wall){ ns }, ours);
		by_libc(ns, theirs);
		assert_string_equal(ours, theirs);
	}
}

static void what_is_written_is_read(void **state)
{
	(void)state;
	char text[WALL_TEXT];
	struct wall back;
	wall_write((struct wall){ 1792555200123456789 }, text);
	assert_int_equal(wall_read(span_text(text), &back), ERR_OK);
	assert_int_equal(back.ns, 1792555200123456789);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_those_of_libc),
		cmocka_unit_test(what_is_written_is_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
