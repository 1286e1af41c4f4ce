// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "initial/initial.h"

#include "unit/support/initial.h"

static const uint8_t dcid[] = { 0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08 };

static void has_keys(uint32_t version, const char *key, const char *iv, const char *hp)
{
	struct initial *x = initial_new();
	struct initial_key k;
	char text[33];
	assert_non_null(x);
	assert_int_equal(
		initial_key_client(x, quic_cipher_find(version), span_of(dcid, sizeof(dcid)), &k),
		ERR_OK);
	text_hex(span_of(k.key, 16), text);
	assert_string_equal(text, key);
	text_hex(span_of(k.iv, 12), text);
	assert_string_equal(text, iv);
	text_hex(span_of(k.hp, 16), text);
	assert_string_equal(text, hp);
	initial_free(&x);
}

static void derives_the_keys_of_the_standards(void **state)
{
	(void)state;
	has_keys(1, "1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c",
		 "9f50449e04a0e810283a1e9933adedd2"); // RFC 9001 A.1
	has_keys(0x6b3343cf, "8b1a0bc121284290a29e0971b5cd045d", "91f73e2351d8fa91660e909f",
		 "45b95e15235d6f45a6b19cbcb0294ba9"); // RFC 9369 A.1
}

static void opens_what_was_protected_and_nothing_else(void **state)
{
	(void)state;
	static const uint32_t versions[] = { 1, 0x6b3343cf, 0xff00001d, 0xff00001b, 0xff000016 };
	uint8_t buf[256], room[256];
	struct initial *x = initial_new();
	assert_non_null(x);
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		struct initial_key key;
		struct quic_packet p;
		struct wr w = wr_of(room, sizeof(room));
		assert_int_equal(initial_key_client(x, quic_cipher_find(versions[i]),
						    span_of(dcid, sizeof(dcid)), &key),
				 ERR_OK);
		struct span packet = initial_write(buf, sizeof(buf), versions[i], &key,
						   span_of(dcid, sizeof(dcid)), span_text("tok"), 7,
						   span_text("the frames of an Initial"));
		struct rd r = rd_of(packet);
		assert_true(quic_packet_next(&r, &p));
		assert_int_equal(initial_open(x, &key, &p, &w), ERR_OK);
		assert_true(span_eq(wr_span(&w), span_text("the frames of an Initial")));
		for (size_t bit = 0; bit < packet.len * 8; bit += 3) {
			buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
			r = rd_of(packet);
			w = wr_of(room, sizeof(room));
			if (quic_packet_next(&r, &p) && p.type == QUIC_INITIAL)
				assert_int_not_equal(initial_open(x, &key, &p, &w), ERR_OK);
			buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
	initial_free(&x);
	assert_null(x);
}

// RFC 9001 A.2.
static void protects_the_client_initial_of_the_standard(void **state)
{
	(void)state;
	static const char plain[] =
		"c300000001088394c8f03e5157080000449e00000002060040f1010000ed0303ebf8fa56f12939b958"
		"4a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c00000413011302010000c000000010000e00"
		"000b6578616d706c652e636f6dff01000100000a00080006001d0017001800100007000504616c706e"
		"000500050100000000003300260024001d00209370b2c9caa47fbabaf4559fedba753de171fa71f50f"
		"1ce15d43e994ec74d748002b0003020304000d0010000e040305030603020308040805080600"
		"2d00020101001c00024001003900320408ffffffffffffffff05048000ffff07048000ffff08011001"
		"04800075300901100f088394c8f03e51570806048000ffff";
	static const char sealed[] = "c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8"
				     "ec11d242b123dc9bd8bab936b47d92ec356c";
	static const char tag[] = "e221af44860018ab0856972e194cd934";
	uint8_t buf[1200] = { 0 };
	char text[1200];
	struct wr w = wr_of(buf, sizeof(buf));
	struct initial *x = initial_new();
	struct initial_key key;
	assert_int_equal(
		text_unhex(span_text(plain), wr_reserve(&w, strlen(plain) / 2), strlen(plain) / 2),
		ERR_OK);
	wr_zero(&w, sizeof(buf) - w.len);
	assert_int_equal(initial_key_client(x, quic_cipher_find(QUIC_VERSION_1),
					    span_of(dcid, sizeof(dcid)), &key),
			 ERR_OK);
	assert_int_equal(initial_seal(x, &key, 18, &w), ERR_OK);
	text_hex(span_of(buf, strlen(sealed) / 2), text);
	assert_string_equal(text, sealed);
	text_hex(span_of(buf + sizeof(buf) - 16, 16), text);
	assert_string_equal(text, tag);
	initial_free(&x);
}

static void opens_what_it_protected(void **state)
{
	(void)state;
	uint8_t buf[1200], room[1200];
	const struct span id = span_of(dcid, sizeof(dcid));
	struct initial *x = initial_new();
	struct initial_key key;
	struct quic_packet p;
	for (size_t size = 60; size <= sizeof(buf); size += 57) {
		struct wr w = wr_of(buf, sizeof(buf)), out = wr_of(room, sizeof(room));
		size_t at;
		assert_int_equal(initial_key_client(x, quic_cipher_find(QUIC_VERSION_1), id, &key),
				 ERR_OK);
		assert_int_equal(quic_initial_write(&w, id, id, span_text("frames"), size, &at),
				 ERR_OK);
		assert_int_equal(initial_seal(x, &key, at, &w), ERR_OK);
		assert_int_equal(w.len, size);
		struct rd r = rd_of(wr_span(&w));
		assert_true(quic_packet_next(&r, &p));
		assert_int_equal(p.number_at, at);
		assert_int_equal(initial_open(x, &key, &p, &out), ERR_OK);
		assert_memory_equal(room, "frames\0\0", 8);
	}
	struct wr w = wr_of(buf, 30);
	wr_zero(&w, 30);
	assert_int_equal(initial_seal(x, &key, 18, &w), ERR_SHORT);
	initial_free(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(derives_the_keys_of_the_standards),
		cmocka_unit_test(opens_what_was_protected_and_nothing_else),
		cmocka_unit_test(protects_the_client_initial_of_the_standard),
		cmocka_unit_test(opens_what_it_protected),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
