// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lab/app_frame.h"

static size_t sample(uint8_t out[static FRAME_MAX])
{
	struct wr w = wr_of(out, FRAME_MAX);
	struct frame f = { .kind = FRAME_SEND,
			   .id = span_text("m1"),
			   .from = span_text("alice"),
			   .to = span_text("bob"),
			   .text = span_text("hello") };
	frame_write(&w, &f);
	assert_int_equal(w.err, ERR_OK);
	return w.len;
}

static void reads_back_what_it_writes(void **state)
{
	uint8_t bytes[FRAME_MAX];
	struct frame f;
	size_t used, len = sample(bytes);
	(void)state;
	assert_int_equal(frame_read(span_of(bytes, len), &f, &used), ERR_OK);
	assert_int_equal(used, len);
	assert_int_equal(f.kind, FRAME_SEND);
	assert_true(span_eq(f.id, span_text("m1")));
	assert_true(span_eq(f.from, span_text("alice")));
	assert_true(span_eq(f.to, span_text("bob")));
	assert_true(span_eq(f.text, span_text("hello")));
}

static void waits_for_every_byte(void **state)
{
	uint8_t bytes[FRAME_MAX];
	struct frame f;
	size_t used, len = sample(bytes);
	(void)state;
	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(frame_read(span_of(bytes, cut), &f, &used), ERR_SHORT);
}

static void refuses_a_length_past_the_limit_at_once(void **state)
{
	static const uint8_t bytes[] = { 0xff, 0xff };
	struct frame f;
	size_t used;
	(void)state;
	assert_int_equal(frame_read(span_of(bytes, 2), &f, &used), ERR_FORMAT);
}

static void refuses_fields_that_leave_the_frame(void **state)
{
	uint8_t bytes[FRAME_MAX];
	struct frame f;
	size_t used, len = sample(bytes);
	(void)state;
	bytes[3] = 200; // id longer than the frame
	assert_int_equal(frame_read(span_of(bytes, len), &f, &used), ERR_FORMAT);
	len = sample(bytes);
	bytes[2] = FRAME_COUNT_;
	assert_int_equal(frame_read(span_of(bytes, len), &f, &used), ERR_FORMAT);
	len = sample(bytes);
	bytes[4] = '\n'; // in an id
	assert_int_equal(frame_read(span_of(bytes, len), &f, &used), ERR_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_back_what_it_writes),
		cmocka_unit_test(waits_for_every_byte),
		cmocka_unit_test(refuses_a_length_past_the_limit_at_once),
		cmocka_unit_test(refuses_fields_that_leave_the_frame),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
