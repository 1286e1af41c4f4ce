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

// Seconds that follow each other, come again, and lie before 1970; as wall_write has them.
static void times_are_those_of_wall_write(void **state)
{
	static const int64_t at[] = {
		1700000000999999999,
		1700000000000000001,
		1700000001000000000,
		1700000000000000001,
		0,
		999999999,
		-1,
		-1000000000,
		1709164800000000000,
		-1,
	};
	char want[WALL_TEXT], *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct json j = json_of(out);
	(void)state;
	for (size_t i = 0; i < COUNT(at); i++) {
		json_array(&j, NULL);
		json_wall(&j, NULL, (struct wall){ at[i] });
		json_end_array(&j);
	}
	fclose(out);
	const char *line = text;
	for (size_t i = 0; i < COUNT(at); i++) {
		wall_write((struct wall){ at[i] }, want);
		assert_memory_equal(line, "[\"", 2);
		assert_memory_equal(line + 2, want, strlen(want));
		assert_memory_equal(line + 2 + strlen(want), "\"]\n", 3);
		line += 5 + strlen(want);
	}
	assert_string_equal(line, "");
	free(text);
}

// Many short values, whatever the buffer's state: none is cut at its end.
static void short_values_stand_whole_wherever_the_buffer_ends(void **state)
{
	struct addr a = { .family = 6 };
	char text[ADDR_TEXT], want[256], *got = NULL;
	size_t len;
	(void)state;
	memset(a.bytes, 0xdb, sizeof(a.bytes));
	addr_write(a, text);
	int size = snprintf(
		want, sizeof(want),
		",\"a\":\"%s\",\"i\":-9223372036854775808,\"u\":10,\"t\":18446744073709551."
		"615,\"w\":\"1970-01-01T00:00:00.000000001Z\",\"n\":null",
		text);
	for (int before = 0; before < 300; before++) {
		FILE *out = open_memstream(&got, &len);
		struct json j = json_of(out);
		json_object(&j, NULL);
		for (int i = 0; i < before; i++)
			json_int(&j, "n", 7);
		for (int i = 0; i < 20; i++) {
			json_addr(&j, "a", a);
			json_int(&j, "i", INT64_MIN);
			json_int(&j, "u", 10);
			json_thousandths(&j, "t", UINT64_MAX);
			json_wall(&j, "w", (struct wall){ 1 });
			json_addr(&j, "n", (struct addr){ 0 });
		}
		json_end_object(&j);
		fclose(out);
		const char *at = got + 1 + before * 6 - (before > 0);
		for (int i = 0; i < 20; i++) {
			int cut = before == 0 && i == 0;
			assert_memory_equal(at, want + cut, (size_t)(size - cut));
			at += size - cut;
		}
		assert_string_equal(at, "}\n");
		free(got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_escaped_and_runs_stay_whole),
		cmocka_unit_test(every_odd_byte_is_found_wherever_it_stands),
		cmocka_unit_test(bytes_are_two_digits_each),
		cmocka_unit_test(times_are_those_of_wall_write),
		cmocka_unit_test(short_values_stand_whole_wherever_the_buffer_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
