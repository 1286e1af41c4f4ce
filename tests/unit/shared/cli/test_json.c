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

// Whatever stands before and after it: each place within eight bytes, and at the ends.
static void every_odd_byte_is_found_wherever_it_stands(void **state)
{
	static const char *const odd[] = { "\"", "\\", "\x1f", "\x7f", "\xff" };
	static const char *const said[] = { "\\\"", "\\\\", "\\u001f", "\\u007f", "\\ufffd" };
	(void)state;
	for (size_t c = 0; c < COUNT(odd); c++)
		for (int before = 0; before < 20; before++) {
			char in[32], want[40], *text = NULL;
			size_t len;
			FILE *out = open_memstream(&text, &len);
			struct json j = json_of(out);
			snprintf(in, sizeof(in), "%.*s%s tail", before, "!#[]~ aZ!#[]~ aZ!#[]~",
				 odd[c]);
			snprintf(want, sizeof(want), "[\"%.*s%s tail\"]\n", before,
				 "!#[]~ aZ!#[]~ aZ!#[]~", said[c]);
			json_array(&j, NULL);
			json_text(&j, NULL, in);
			json_end_array(&j);
			fclose(out);
			assert_string_equal(text, want);
			free(text);
		}
}

// Longer than what is thought of at once, from even and odd places.
static void bytes_are_two_digits_each(void **state)
{
	uint8_t bytes[3 * JSON_BUFFER];
	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	for (size_t count = 0; count <= sizeof(bytes); count += count < 4 ? 1 : 509) {
		char want[8], *text = NULL;
		size_t len;
		FILE *out = open_memstream(&text, &len);
		struct json j = json_of(out);
		json_array(&j, NULL);
		json_int(&j, NULL, count % 2 == 0 ? 1 : 10);
		json_hex(&j, NULL, span_of(bytes, count));
		json_end_array(&j);
		fclose(out);
		size_t at = count % 2 == 0 ? 4 : 5;
		assert_int_equal(len, at + 2 * count + 3);
		for (size_t i = 0; i < count; i++) {
			snprintf(want, sizeof(want), "%02x", bytes[i]);
			assert_memory_equal(text + at + 2 * i, want, 2);
		}
		assert_string_equal(text + at + 2 * count, "\"]\n");
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_escaped_and_runs_stay_whole),
		cmocka_unit_test(every_odd_byte_is_found_wherever_it_stands),
		cmocka_unit_test(bytes_are_two_digits_each),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
