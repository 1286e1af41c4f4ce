// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macro.h"
#include "trace_format/format.h"
#include "trace_format/tree.h"

static void json_is_read_strictly(void **state)
{
	static const struct {
		const char *text;
		enum err err;
	} cases[] = {
		{ "{}", ERR_OK },
		{ " [1, -2.5e3, \"a\\u00e4\\\"\", true, null, {\"a\":[]}] ", ERR_OK },
		{ "0", ERR_OK },
		{ "", ERR_FORMAT },
		{ "[1,]", ERR_FORMAT },
		{ "{\"a\"}", ERR_FORMAT },
		{ "{\"a\":1,}", ERR_FORMAT },
		{ "[1 2]", ERR_FORMAT },
		{ "[1}", ERR_FORMAT },
		{ "01", ERR_FORMAT },
		{ "1.", ERR_FORMAT },
		{ "\"\\x\"", ERR_FORMAT },
		{ "\"", ERR_FORMAT },
		{ "{} {}", ERR_FORMAT },
		{ "[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]", ERR_FORMAT },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena a;
		struct tree *t;
		arena_init(&a, 1 << 16);
		assert_int_equal(tree_read(&a, span_text(cases[i].text), &t), cases[i].err);
		arena_wipe(&a);
	}
}

static void expect_text(uint8_t family, uint32_t answer, const char *want)
{
	struct trace_doc_reply replies[] = {
		{ .ttl = 1, .has_rtt = true, .rtt_us = 1234, .answer = answer },
		{ .ttl = 1 },
		{ .ttl = 1, .has_rtt = true, .rtt_us = 20 },
		{ .ttl = 3, .has_rtt = true, .rtt_us = 1000000 },
	};
	struct trace_doc d = { .name = span_text("x"), .first_ttl = 1, .replies = replies };
	const char *from = family == 4 ? "198.18.0.2" : "2001:db8::2";
	const char *other = family == 4 ? "198.18.0.3" : "2001:db8::3";
	char *text = NULL, expected[400];
	size_t len;
	d.count = COUNT(replies);
	assert_int_equal(addr_read(span_text(from), &d.dst), ERR_OK);
	replies[0].from = d.dst;
	assert_int_equal(addr_read(span_text(other), &replies[2].from), ERR_OK);
	replies[3].from = replies[2].from;
	FILE *out = open_memstream(&text, &len);
	trace_text_write(out, &d, 30);
	fclose(out);
	snprintf(expected, sizeof(expected),
		 "traceroute to x (%s), 30 hops max, %u byte packets\n"
		 " 1  %s  1.234 ms%s * %s  0.020 ms\n 2  *\n 3  %s  1000.000 ms\n",
		 from, family == 4 ? 44 : 64, from, want, other, other);
	assert_string_equal(text, expected);
	free(text);
}

static void text_is_what_traceroute_of_linux_prints(void **state)
{
	(void)state;
	expect_text(4, ANSWER(ANSWER_ICMP, 11, 0), "");
	expect_text(4, ANSWER(ANSWER_ICMP, 3, 3), "");
	expect_text(4, ANSWER(ANSWER_ICMP, 0, 0), "");
	expect_text(4, ANSWER(ANSWER_TCP, 0, 0x12), "");
	expect_text(4, ANSWER(ANSWER_ICMP, 3, 0), " !N");
	expect_text(4, ANSWER(ANSWER_ICMP, 3, 1), " !H");
	expect_text(4, ANSWER(ANSWER_ICMP, 3, 2), " !P");
	expect_text(4, ANSWER(ANSWER_ICMP, 3, 13), " !X");
	expect_text(4, ANSWER(ANSWER_ICMP, 3, 15), " !C");
	expect_text(4, ANSWER(ANSWER_ICMP, 3, 77), " !<77>");
	expect_text(4, ANSWER(ANSWER_ICMP, 11, 1), " !<11-1>");
	expect_text(6, ANSWER(ANSWER_ICMP, 3, 0), "");
	expect_text(6, ANSWER(ANSWER_ICMP, 129, 0), "");
	expect_text(6, ANSWER(ANSWER_ICMP, 1, 1), " !X");
	expect_text(6, ANSWER(ANSWER_ICMP, 1, 3), " !H");
	expect_text(6, ANSWER(ANSWER_ICMP, 1, 6), " !<6>");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_is_read_strictly),
		cmocka_unit_test(text_is_what_traceroute_of_linux_prints),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
