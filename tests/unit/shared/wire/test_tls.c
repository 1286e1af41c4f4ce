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

static enum err first(struct span stream, struct wr *w, struct span *out)
{
	struct tls_walk walk = tls_walk(stream, w);
	struct tls_message m;
	if (!tls_message_next(&walk, &m))
		return walk.records.err == ERR_OK ? ERR_SHORT : walk.records.err;
	*out = m.bytes;
	return ERR_OK;
}

static void reads_name_and_protocols(void **state)
{
	(void)state;
	uint8_t buf[512], room[512];
	struct span stream = hello_write(buf, sizeof(buf), "chat.example.org"), message, word;
	struct wr w = wr_of(room, sizeof(room));
	struct tls_hello h;
	assert_int_equal(first(stream, &w, &message), ERR_OK);
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
		assert_true(tls_begins(span_cut(stream, 0, len), TLS_CLIENT_HELLO));
		assert_int_equal(first(span_cut(stream, 0, len), &w, &message), ERR_SHORT);
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
		assert_int_equal(first(wr_span(&w), &joined, &message), ERR_OK);
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
	assert_int_equal(first(span_text("GET / HTTP/1.1"), &w, &message), ERR_FORMAT);
	assert_false(tls_begins(span_text("GET / HTTP/1.1"), TLS_CLIENT_HELLO));
	buf[5] = 2; // ServerHello
	assert_false(tls_begins(stream, TLS_CLIENT_HELLO));
	assert_int_equal(tls_hello_read(span_cut(stream, 5, stream.len), &h), ERR_FORMAT);
	buf[5] = 1;
	buf[5 + 4 + 2 + 32] = 255; // a session id longer than the message
	assert_int_equal(tls_hello_read(span_cut(stream, 5, stream.len), &h), ERR_FORMAT);
}

static void hands_out_every_message_of_a_record_once(void **state)
{
	(void)state;
	uint8_t one[512], buf[2048], room[2048];
	struct span hello = span_cut(hello_write(one, sizeof(one), "a.example"), 5, sizeof(one));
	struct wr w = wr_of(buf, sizeof(buf)), joined = wr_of(room, sizeof(room));
	wr_u8(&w, 22);
	wr_u16(&w, 0x0301);
	wr_u16(&w, (uint16_t)(hello.len * 2 + 10));
	wr_bytes(&w, hello);
	wr_bytes(&w, hello);
	wr_bytes(&w, span_cut(hello, 0, 10)); // and the beginning of a third
	struct tls_walk walk = tls_walk(wr_span(&w), &joined);
	struct tls_message m;
	assert_true(tls_message_next(&walk, &m));
	assert_true(span_eq(m.bytes, hello));
	assert_true(tls_message_next(&walk, &m));
	assert_true(span_eq(m.bytes, hello));
	assert_false(tls_message_next(&walk, &m));
	assert_int_equal(walk.records.err, ERR_OK);
	assert_int_equal(walk.clean, 0); // the third is still open
	assert_int_equal(walk.told, 2);
}

static void reads_the_hello_of_ssl_2_and_no_noise(void **state)
{
	(void)state;
	const uint8_t head[] = { 0x80, 9 + 6 + 16, 1, 3, 1, 0, 6, 0, 0, 0, 16 };
	uint8_t buf[64] = { 0 };
	struct tls_hello h;
	size_t len;
	memcpy(buf, head, sizeof(head));
	assert_int_equal(tls_old_hello_read(span_of(buf, 40), &h, &len), ERR_OK);
	assert_int_equal(len, 33);
	assert_int_equal(h.version, 0x0301);
	assert_false(h.has_sni);
	assert_int_equal(tls_old_hello_read(span_of(buf, 20), &h, &len), ERR_SHORT);
	for (size_t i = 0; i < sizeof(head); i++) { // every length must agree
		buf[i] ^= i == 3 ? 4 : 0x80 >> 2;
		assert_int_equal(tls_old_hello_read(span_of(buf, 60), &h, &len), ERR_FORMAT);
		memcpy(buf, head, sizeof(head));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_name_and_protocols),
		cmocka_unit_test(asks_for_more_at_every_cut),
		cmocka_unit_test(joins_a_hello_split_over_records),
		cmocka_unit_test(refuses_what_is_no_hello),
		cmocka_unit_test(hands_out_every_message_of_a_record_once),
		cmocka_unit_test(reads_the_hello_of_ssl_2_and_no_noise),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
