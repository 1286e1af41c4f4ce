// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "fetch/fetch.h"

static const char *denied(const char *text)
{
	struct addr a;
	assert_int_equal(addr_read(span_text(text), &a), ERR_OK);
	return fetch_denied(a);
}

static void private_and_local_addresses_are_refused(void **state)
{
	(void)state;
	static const char *const never[] = { "0.1.2.3",
					     "10.255.0.1",
					     "100.64.0.1",
					     "127.0.0.53",
					     "169.254.1.1",
					     "172.31.255.255",
					     "192.168.7.7",
					     "224.0.0.1",
					     "255.255.255.255",
					     "::1",
					     "::",
					     "::ffff:8.8.8.8",
					     "64:ff9b::808:1",
					     "2002::1",
					     "fd00::1",
					     "fe80::1",
					     "ff02::1" };
	static const char *const may[] = { "198.18.0.1", "8.8.8.8",     "172.32.0.1", "100.128.0.1",
					   "192.0.2.1",  "2001:db8::1", "2a00::1" };
	for (size_t i = 0; i < COUNT(never); i++)
		assert_non_null(denied(never[i]));
	for (size_t i = 0; i < COUNT(may); i++)
		assert_null(denied(may[i]));
	assert_string_equal(denied("10.1.1.1"), "10.0.0.0/8");
	assert_non_null(fetch_denied((struct addr){ 0 }));
}

static void a_host_name_is_made_plain(void **state)
{
	(void)state;
	char out[FETCH_HOST_MAX + 1];
	assert_int_equal(fetch_host_read(span_text("WWW.Example.ORG."), out), ERR_OK);
	assert_string_equal(out, "www.example.org");
	assert_int_equal(fetch_host_read(span_text("_x.a-b.1"), out), ERR_OK);
}

static void what_could_change_a_request_is_no_host_name(void **state)
{
	(void)state;
	static const char *const never[] = { "",    ".",         "a..b",  ".a",
					     "a b", "a\r\nX: y", "a/b",   "a:80",
					     "u@a", "a%0d",      "[::1]", "b\xc3\xbc.example",
					     "a?b", "a#b",       "a\\b",  "*.example" };
	char out[FETCH_HOST_MAX + 1], label[70];
	for (size_t i = 0; i < COUNT(never); i++) {
		assert_int_equal(fetch_host_read(span_text(never[i]), out), ERR_FORMAT);
		assert_string_equal(out, "");
	}
	memset(label, 'a', sizeof(label));
	assert_int_equal(fetch_host_read(span_of(label, 63), out), ERR_OK);
	assert_int_equal(fetch_host_read(span_of(label, 64), out), ERR_FORMAT);
	assert_int_equal(fetch_host_read(span_of("a\0b", 3), out), ERR_FORMAT);
}

static void hear(struct fetch_head *h, const char *line)
{
	fetch_head_hear(h, span_text(line));
}

static void a_head_is_gathered(void **state)
{
	(void)state;
	uint8_t room[64];
	struct fetch_head h;
	fetch_head_init(&h, room, sizeof(room));
	hear(&h, "HTTP/1.1 404 Not Found\r\n");
	hear(&h, "A: b\r\n");
	hear(&h, "HTTP/9: no status line, a header\r\n");
	assert_false(h.over);
	hear(&h, "\r\n");
	hear(&h, "Trailer: x\r\n");
	assert_true(h.over);
	assert_int_equal(h.status, 404);
	assert_int_equal(h.status_len, 22);
	assert_memory_equal(h.status_line, "HTTP/1.1 404 Not Found", 22);
	assert_true(text_is(wr_span(&h.headers), "A: b\r\nHTTP/9: no status line, a header\r\n"));
}

static void interim_answers_are_forgotten(void **state)
{
	(void)state;
	uint8_t room[64];
	struct fetch_head h;
	fetch_head_init(&h, room, sizeof(room));
	hear(&h, "HTTP/1.1 103 Early Hints\r\n");
	hear(&h, "Link: x\r\n");
	hear(&h, "\r\n");
	hear(&h, "HTTP/1.1 200 OK\r\n");
	hear(&h, "A: b\r\n");
	hear(&h, "\r\n");
	assert_int_equal(h.status, 200);
	assert_true(text_is(wr_span(&h.headers), "A: b\r\n"));
}

static void a_line_too_long_is_left_out_whole(void **state)
{
	(void)state;
	uint8_t room[10];
	struct fetch_head h;
	fetch_head_init(&h, room, sizeof(room));
	hear(&h, "HTTP/1.1 xyz\r\n");
	hear(&h, "Long: 123456\r\n");
	hear(&h, "A: b\r\n");
	assert_int_equal(h.status, 0);
	assert_true(text_is(wr_span(&h.headers), "A: b\r\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(private_and_local_addresses_are_refused),
		cmocka_unit_test(a_host_name_is_made_plain),
		cmocka_unit_test(what_could_change_a_request_is_no_host_name),
		cmocka_unit_test(a_head_is_gathered),
		cmocka_unit_test(interim_answers_are_forgotten),
		cmocka_unit_test(a_line_too_long_is_left_out_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
