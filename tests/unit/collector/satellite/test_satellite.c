// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "satellite/satellite.h"

static void cleans(const char *in, const char *want)
{
	char line[128];
	snprintf(line, sizeof(line), "%s", in);
	satellite_line_clean((uint8_t *)line, strlen(line));
	assert_string_equal(line, want);
}

static void what_no_database_can_hold_becomes_u_fffd(void **state)
{
	(void)state;
	cleans("a\\u0000b", "a\\ufffdb");
	cleans("\\ud83d\\ude00", "\\ud83d\\ude00");
	cleans("\\ud83d", "\\ufffd");
	cleans("\\ude00\\ud83d", "\\ufffd\\ufffd");
	cleans("\\ud83dx\\ude00", "\\ufffdx\\ufffd");
	cleans("\\\\u0000", "\\\\u0000");
	cleans("\\\\\\u0000", "\\\\\\ufffd");
	cleans("\\u00", "\\u00");
	cleans("\\", "\\");
}

static void files_are_known_by_their_names(void **state)
{
	(void)state;
	char name[SATELLITE_NAME];
	assert_int_equal(satellite_file_find("x/raw/results.json.gz", name), SATELLITE_KNOWN);
	assert_string_equal(name, "results.json");
	assert_int_equal(satellite_file_find("DE.json", name), SATELLITE_MAYBE);
	assert_string_equal(name, "DE");
	assert_int_equal(satellite_file_find("log.json", name), SATELLITE_OTHER);
	assert_int_equal(satellite_file_find("dns.pkt", name), SATELLITE_OTHER);
	assert_int_equal(satellite_file_find(".json", name), SATELLITE_OTHER);
}

static void blanks_go_but_for_those_in_texts(void **state)
{
	(void)state;
	char line[] = "{\"a b\" : [1, 2],\n \"c\" : \"x \\\" y\\\\\" , \"d\" : null}";
	size_t len = satellite_line_pack(line, strlen(line));
	line[len] = '\0';
	assert_string_equal(line, "{\"a b\":[1,2],\"c\":\"x \\\" y\\\\\",\"d\":null}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_no_database_can_hold_becomes_u_fffd),
		cmocka_unit_test(files_are_known_by_their_names),
		cmocka_unit_test(blanks_go_but_for_those_in_texts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
