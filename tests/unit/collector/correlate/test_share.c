// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macro.h"
#include "correlate/share.h"

static void rounds_halves_up(void **state)
{
	(void)state;
	assert_int_equal(share_percent(0, 0), 0);
	assert_int_equal(share_percent(1, 200), 1); // 0.5
	assert_int_equal(share_percent(1, 201), 0); // 0.4975
	assert_int_equal(share_percent(118, 120), 98);
	assert_int_equal(share_percent(68, 120), 57);
	assert_int_equal(share_percent(119, 120), 99);
	assert_int_equal(share_percent(199, 200), 100);
	assert_int_equal(share_percent(4000000000U, 4000000000U), 100);
}

// Values by the quantiles of the beta distribution.
static void bounds_are_those_of_clopper_and_pearson(void **state)
{
	(void)state;
	static const struct {
		uint32_t n, total;
		double low, high;
	} known[] = {
		{ 0, 3, 0, 0.7075982 },         { 3, 3, 0.2924018, 1 },
		{ 1, 3, 0.0084037, 0.9057007 }, { 5, 10, 0.1870860, 0.8129140 },
		{ 0, 120, 0, 0.0302720 },
	};
	for (size_t i = 0; i < COUNT(known); i++) {
		double low, high;
		share_interval(known[i].n, known[i].total, &low, &high);
		assert_true(fabs(low - known[i].low) < 1e-6);
		assert_true(fabs(high - known[i].high) < 1e-6);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rounds_halves_up),
		cmocka_unit_test(bounds_are_those_of_clopper_and_pearson),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
