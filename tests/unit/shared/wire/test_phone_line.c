// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "wire/phone_line.h"

static struct phone_line read_good(const char *text)
{
	struct phone_line line;
	assert_int_equal(phone_line_read(span_text(text), &line), ERR_OK);
	return line;
}

static void reads_back_what_it_writes(void **state)
{
	static const char *const texts[] = {
		"open textsecure alice bob",
		"send m1 Attention must be paid. [m1]",
		"send m1 ",
		"close",
		"network",
		"status",
		"opened 17",
		"sent m1 17",
		"stored m1 17",
		"delivered m1 17",
		"received m1 17 hi  there",
		"failed - 17 name no such domain",
		"closed 17",
		"state - - 17",
	};
	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		uint8_t out[PHONE_LINE_MAX];
		struct wr w = wr_of(out, sizeof(out));
		struct phone_line line = read_good(texts[i]);
		phone_line_write(&w, &line);
		assert_int_equal(w.err, ERR_OK);
		assert_int_equal(w.len, strlen(texts[i]) + 1);
		assert_memory_equal(out, texts[i], w.len - 1);
		assert_int_equal(out[w.len - 1], '\n');
	}
}

static void refuses_what_is_no_line(void **state)
{
	static const char *const texts[] = {
		"",          "opne a b c",   "open a b",     "open a b c d",
		"open  b c", "close now",    "send m1",      "sent m1 -1",
		"sent m1 x", "sent m1",      "status ",      "received m1 17",
		"opened",    "send m\x01 x", "send m1 a\tb", "closed 17 ",
	};
	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct phone_line line;
		assert_int_not_equal(phone_line_read(span_text(texts[i]), &line), ERR_OK);
	}
}

static void does_not_write_what_would_not_read_back(void **state)
{
	uint8_t out[PHONE_LINE_MAX];
	struct wr w = wr_of(out, sizeof(out));
	struct phone_line line = { .word = PHONE_SEND,
				   .id = span_text("m 1"),
				   .text = span_text("hi") };
	(void)state;
	phone_line_write(&w, &line);
	assert_int_not_equal(w.err, ERR_OK);
	assert_int_equal(w.len, 0);
	w = wr_of(out, sizeof(out));
	line.id = span_text("m1");
	line.text = span_text("two\nlines");
	phone_line_write(&w, &line);
	assert_int_not_equal(w.err, ERR_OK);
	assert_int_equal(w.len, 0);
}

static void cuts_whole_lines_only(void **state)
{
	struct span line;
	size_t used;
	uint8_t endless[PHONE_LINE_MAX + 1];
	(void)state;
	assert_int_equal(phone_line_cut(span_text("close\nstat"), &line, &used), ERR_OK);
	assert_int_equal(used, 6);
	assert_int_equal(line.len, 5);
	assert_int_equal(phone_line_cut(span_text("stat"), &line, &used), ERR_SHORT);
	assert_int_equal(phone_line_cut(span_text(""), &line, &used), ERR_SHORT);
	memset(endless, 'x', sizeof(endless));
	assert_int_equal(phone_line_cut(span_of(endless, sizeof(endless)), &line, &used),
			 ERR_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_back_what_it_writes),
		cmocka_unit_test(refuses_what_is_no_line),
		cmocka_unit_test(does_not_write_what_would_not_read_back),
		cmocka_unit_test(cuts_whole_lines_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
