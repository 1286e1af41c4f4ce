// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "correlate/signature.h"

static struct signatures *set_of(const char *const *patterns, size_t count)
{
	struct signatures *s = signatures_new();
	struct fault f;
	assert_non_null(s);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(signatures_put(s, (int64_t)i + 1, span_text(patterns[i]), &f),
				 ERR_OK);
	return s;
}

static int64_t find(struct signatures *s, const char *page)
{
	return signatures_find(s, span_text(page)).id;
}

static void the_first_put_in_is_the_one_found(void **state)
{
	(void)state;
	const char *const patterns[] = { "harmless", "BLOCKED BY", "BLOCKED" };
	struct signatures *s = set_of(patterns, 3);
	assert_int_equal(find(s, "BLOCKED BY LAB"), 2);
	assert_int_equal(find(s, "BLOCKED BY LAB, harmless"), 1);
	assert_int_equal(find(s, "BLOCKED"), 3);
	assert_int_equal(find(s, "nothing"), 0);
	signatures_free(&s);
	assert_null(s);
}

static void a_dot_is_any_byte_and_bodies_need_no_text(void **state)
{
	(void)state;
	const char *const patterns[] = { "200 OK.*\r\n\r\n.*end" };
	static const char page[] = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n\xff\0\n end";
	struct signatures *s = set_of(patterns, 1);
	assert_int_equal(signatures_find(s, span_of(page, sizeof(page) - 1)).id, 1);
	signatures_free(&s);
}

static void a_pattern_that_would_never_end_is_given_up(void **state)
{
	(void)state;
	const char *const patterns[] = { "(a+)+b(?=x)", "z$" };
	struct signatures *s = set_of(patterns, 2);
	char page[20001];
	memset(page, 'a', sizeof(page) - 2);
	page[sizeof(page) - 2] = 'z';
	page[sizeof(page) - 1] = '\0';
	for (size_t i = 40; i < sizeof(page) - 2; i += 40)
		page[i] = 'b';
	struct signature_hit hit = signatures_find(s, span_text(page));
	assert_int_equal(hit.id, 2);
	assert_int_equal(hit.gave_up, 1);
	signatures_free(&s);
}

static void a_pattern_that_goes_back_reaches_through_a_page(void **state)
{
	(void)state;
	const char *const patterns[] = { "<b>(?:x|y|\n)*BLOCKED" };
	struct signatures *s = set_of(patterns, 1);
	char page[4096];
	memset(page, 'y', sizeof(page));
	memcpy(page, "<b>", 3);
	memcpy(page + sizeof(page) - 8, "BLOCKED", 8);
	struct signature_hit hit = signatures_find(s, span_text(page));
	assert_int_equal(hit.id, 1);
	assert_int_equal(hit.gave_up, 0);
	signatures_free(&s);
}

static void what_is_no_pattern_is_refused_with_words(void **state)
{
	(void)state;
	struct signatures *s = set_of(NULL, 0);
	struct fault f = { 0 };
	assert_int_equal(signatures_put(s, 1, span_text("(a"), &f), ERR_FORMAT);
	assert_non_null(strstr(f.what, "at byte 2"));
	assert_int_equal(signatures_put(s, 1, span_text(""), &f), ERR_FORMAT);
	assert_int_equal(signatures_count(s), 0);
	signatures_free(&s);
}

static void quoted_text_matches_itself_alone(void **state)
{
	(void)state;
	uint8_t quoted[256];
	struct fault f;
	struct wr w = wr_of(quoted, sizeof(quoted));
	struct signatures *s = signatures_new();
	assert_int_equal(signature_quote(span_text("a.b(c)[\\Q\xc3\xa9\"' #"), &w), ERR_OK);
	assert_int_equal(signatures_put(s, 7, wr_span(&w), &f), ERR_OK);
	assert_int_equal(find(s, "x a.b(c)[\\Q\xc3\xa9\"' # y"), 7);
	assert_int_equal(find(s, "x a_b(c)[\\Q\xc3\xa9\"' # y"), 0);
	signatures_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_put_in_is_the_one_found),
		cmocka_unit_test(a_dot_is_any_byte_and_bodies_need_no_text),
		cmocka_unit_test(a_pattern_that_would_never_end_is_given_up),
		cmocka_unit_test(a_pattern_that_goes_back_reaches_through_a_page),
		cmocka_unit_test(what_is_no_pattern_is_refused_with_words),
		cmocka_unit_test(quoted_text_matches_itself_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
