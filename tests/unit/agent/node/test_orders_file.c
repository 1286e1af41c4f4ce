// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "node/orders_file.h"

static void what_is_written_reads_back(void **state)
{
	(void)state;
	struct orders_file in = { .serial = 1795200000123, .count = 3 }, out;
	uint8_t text[8192];
	in.open[0].begun = in.open[2].begun = in.open[2].withdrawn = true;
	for (size_t i = 0; i < RUN_ID_SIZE; i++) {
		in.open[0].order.bytes[i] = (uint8_t)(i * 3);
		in.open[1].run.bytes[i] = (uint8_t)(255 - i);
	}
	struct wr w = wr_of(text, sizeof(text));
	orders_file_print(&in, &w);
	assert_int_equal(w.err, ERR_OK);
	assert_int_equal(orders_file_parse(wr_span(&w), &out), ERR_OK);
	assert_memory_equal(&in, &out, sizeof(in));
}

static void damage_is_told(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"",
		"serial 5\n",
		"waymark-orders-v1\nserial x\n",
		"waymark-orders-v1\nserial\n",
		"waymark-orders-v1\nopen 00 11\n",
		"waymark-orders-v1\nshut 00112233445566778899aabbccddeeff\n",
	};
	struct orders_file out;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_not_equal(orders_file_parse(span_text(bad[i]), &out), ERR_OK);
}

static void a_missing_file_is_an_empty_one(void **state)
{
	(void)state;
	struct orders_file out;
	assert_int_equal(orders_file_read("/nonexistent/orders", &out, NULL), ERR_OK);
	assert_int_equal(out.serial, 0);
	assert_int_equal(out.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_reads_back),
		cmocka_unit_test(damage_is_told),
		cmocka_unit_test(a_missing_file_is_an_empty_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
