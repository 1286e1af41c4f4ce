// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/macro.h"
#include "wire/tls.h"

#include "unit/support/hello.h"

static void reads_name_and_protocols(void **state)
{
	(void)state;
	uint8_t buf[512], room[512];
	struct span stream = hello_write(buf, sizeof(buf), "chat.example.org"), message, word;
	struct wr w = wr_of(room, sizeof(room));
	struct tls_hello h;
	assert_int_equal(tls_handshake_read(stream, &w, &message), ERR_OK);
	assert_ptr_equal(message.at, buf + 5); // borrowed, not copied
	assert_int_equal(tls_hello_read(message, &h), ERR_OK);
	assert_true(h.has_sni);
	assert_true(span_eq(h.sni, span_text("chat.example.org")));
	struct rd r = rd_of(h.alpn);
	assert_true(tls_alpn_next(&r, &word));
	assert_true(span_eq(word, span_text("h2")));
	assert_false(tls_alpn_next(&r, &word));
	assert_false(h.ech);
}

static void asks_for_more_at_every_cut(void **state)
{
	(void)state;
	uint8_t buf[512], room[512];
	struct span stream = hello_write(buf, sizeof(buf), "chat.example.org"), message;
	for (size_t len = 0; len < stream.len; len++) {
		struct wr w = wr_of(room, sizeof(room));
		assert_true(tls_hello_begins(span_cut(stream, 0, len)));
		assert_int_equal(tls_handshake_read(span_cut(stream, 0, len), &w, &message),
				 ERR_SHORT);
	}
}

static void joins_a_hello_split_over_records(void **state)
{
	(void)state;
	uint8_t buf[512], split[1024], room[512];
	struct span stream = hello_write(buf, sizeof(buf), "chat.example.org"), message;
	struct span handshake = span_cut(stream, 5, stream.len);
	for (size_t part = 1; part < 60; part++) {
		struct wr w = wr_of(split, sizeof(split));
		for (size_t at = 0; at < handshake.len; at += part) {
			struct span piece = span_cut(handshake, at, part);
			wr_u8(&w, 22);
			wr_u16(&w, 0x0303);
			wr_u16(&w, (uint16_t)piece.len);
			wr_bytes(&w, piece);
		}
		struct wr joined = wr_of(room, sizeof(room));
		struct tls_hello h;
		assert_int_equal(tls_handshake_read(wr_span(&w), &joined, &message), ERR_OK);
		assert_int_equal(tls_hello_read(message, &h), ERR_OK);
		assert_true(span_eq(h.sni, span_text("chat.example.org")));
	}
}

static void refuses_what_is_no_hello(void **state)
{
	(void)state;
	uint8_t buf[512], room[512];
	struct span stream = hello_write(buf, sizeof(buf), "chat.example.org"), message;
	struct tls_hello h;
	struct wr w = wr_of(room, sizeof(room));
	assert_int_equal(tls_handshake_read(span_text("GET / HTTP/1.1"), &w, &message), ERR_FORMAT);
	assert_false(tls_hello_begins(span_text("GET / HTTP/1.1")));
	buf[5] = 2; // ServerHello
	assert_false(tls_hello_begins(stream));
	assert_int_equal(tls_hello_read(span_cut(stream, 5, stream.len), &h), ERR_FORMAT);
	buf[5] = 1;
	buf[5 + 4 + 2 + 32] = 255; // a session id longer than the message
	assert_int_equal(tls_hello_read(span_cut(stream, 5, stream.len), &h), ERR_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_name_and_protocols),
		cmocka_unit_test(asks_for_more_at_every_cut),
		cmocka_unit_test(joins_a_hello_split_over_records),
		cmocka_unit_test(refuses_what_is_no_hello),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
