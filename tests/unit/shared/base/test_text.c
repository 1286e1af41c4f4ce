// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macro.h"
#include "base/text.h"

static void digits_are_those_that_printf_writes(void **state)
{
	uint64_t v = 0;
	(void)state;
	for (int i = 0; i < 100000; i++) {
		char want[32], got[32];
		int len = snprintf(want, sizeof(want), "%llu", (unsigned long long)v);
		assert_int_equal(text_digit_count(v), len);
		memset(got, '#', sizeof(got));
		assert_ptr_equal(text_digits(got, v, len), got + len);
		assert_memory_equal(got, want, (size_t)len);
		assert_int_equal(got[len], '#');
		// All small ones, then those of every length.
		v = i < 20000 ? v + 1 : v * 3 + (uint64_t)i;
	}
	assert_int_equal(text_digit_count(UINT64_MAX), 20);
}

static void zeros_lead_where_more_digits_are_wanted(void **state)
{
	static const struct {
		uint64_t v;
		int count;
		const char *text;
	} cases[] = {
		{ 0, 1, "0" },     { 0, 3, "000" },       { 7, 2, "07" },
		{ 42, 3, "042" },  { 5, 9, "000000005" }, { 123456789, 9, "123456789" },
		{ 2026, 2, "26" }, { 10, 1, "0" },        { 99, 4, "0099" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char got[16] = { 0 };
		(void)text_digits(got, cases[i].v, cases[i].count);
		assert_string_equal(got, cases[i].text);
	}
}

static void hex_goes_there_and_back(void **state)
{
	uint8_t bytes[256], again[256];
	char text[513], want[8];
	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	text_hex(span_of(bytes, sizeof(bytes)), text);
	assert_int_equal(strlen(text), 512);
	for (size_t i = 0; i < sizeof(bytes); i++) {
		snprintf(want, sizeof(want), "%02x", (unsigned)i);
		assert_memory_equal(text + 2 * i, want, 2);
	}
	assert_int_equal(text_unhex(span_text(text), again, sizeof(again)), ERR_OK);
	assert_memory_equal(again, bytes, sizeof(bytes));
	for (size_t len = 0; len < 12; len++) {
		memset(again, '#', sizeof(again));
		text_hex(span_of(bytes + 0xab, len), (char *)again);
		assert_memory_equal(again, text + 2 * 0xab, 2 * len);
		assert_int_equal(again[2 * len], 0);
		assert_int_equal(again[2 * len + 1], '#');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digits_are_those_that_printf_writes),
		cmocka_unit_test(zeros_lead_where_more_digits_are_wanted),
		cmocka_unit_test(hex_goes_there_and_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
