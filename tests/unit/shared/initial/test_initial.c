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

static const struct quic_cipher *cipher_of(uint32_t version)
{
	const struct initial_key none = { 0 };
	uint8_t buf[128];
	struct rd r =
		rd_of(initial_write(buf, sizeof(buf), version, &none, span_of(dcid, sizeof(dcid)),
				    span_text(""), 0, span_text("")));
	struct quic_packet p;
	assert_true(quic_packet_next(&r, &p));
	assert_int_equal(p.type, QUIC_INITIAL);
	return p.cipher;
}

static void has_keys(uint32_t version, const char *key, const char *iv, const char *hp)
{
	struct initial_key k;
	char text[33];
	assert_int_equal(initial_key_client(cipher_of(version), span_of(dcid, sizeof(dcid)), &k),
			 ERR_OK);
	text_hex(span_of(k.key, 16), text);
	assert_string_equal(text, key);
	text_hex(span_of(k.iv, 12), text);
	assert_string_equal(text, iv);
	text_hex(span_of(k.hp, 16), text);
	assert_string_equal(text, hp);
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
		assert_int_equal(initial_key_client(cipher_of(versions[i]),
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(derives_the_keys_of_the_standards),
		cmocka_unit_test(opens_what_was_protected_and_nothing_else),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
