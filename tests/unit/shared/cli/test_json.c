// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/macro.h"
#include "cli/json.h"

static void text_is_escaped_and_runs_stay_whole(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "", "[\"\"]\n" },
		{ "plain text", "[\"plain text\"]\n" },
		{ "a\"b\\c", "[\"a\\\"b\\\\c\"]\n" },
		{ "tab\tend", "[\"tab\\u0009end\"]\n" },
		{ "S\xc3\xa3o", "[\"S\xc3\xa3o\"]\n" },
		{ "bad\xff!", "[\"bad\\ufffd!\"]\n" },
		{ "del\x7f", "[\"del\\u007f\"]\n" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *text = NULL;
		size_t len = 0;
		FILE *out = open_memstream(&text, &len);
		struct json j = json_of(out);
		json_array(&j, NULL);
		json_text(&j, NULL, cases[i].in);
		json_end_array(&j);
		fclose(out);
		assert_string_equal(text, cases[i].out);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_escaped_and_runs_stay_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
