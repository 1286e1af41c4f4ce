// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "seal/seal.h"

static int start(void **state)
{
	(void)state;
	return seal_start(NULL) == ERR_OK ? 0 : -1;
}

static void crc32c_is_rfc3720(void **state)
{
	(void)state;
	uint8_t buf[4096], zero[32] = { 0 };
	assert_int_equal(seal_crc32c(0, span_text("123456789")), 0xe3069283);
	assert_int_equal(seal_crc32c(0, span_of(zero, 32)), 0x8a9136aa); // RFC 3720 B.4
	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = (uint8_t)(i * 31 + (i >> 5));
	for (size_t len = 0; len < 100; len++) {
		struct span s = span_of(buf + len, len * 7);
		assert_int_equal(seal_crc32c(7, s), seal_crc32c_plain(7, s));
		uint32_t half = seal_crc32c(0, span_cut(s, 0, len));
		assert_int_equal(seal_crc32c(half, span_cut(s, len, s.len)), seal_crc32c(0, s));
	}
}

static void z85_is_rfc32(void **state)
{
	(void)state;
	uint8_t key[SEAL_KEY_SIZE], back[SEAL_KEY_SIZE];
	char text[SEAL_Z85_SIZE];
	assert_int_equal(
		text_unhex(
			span_text(
				"bb88471d65e2659b30c55a5321cebb5aab2b70a398645c26dca2b2fcb43fc518"),
			key, sizeof(key)),
		ERR_OK);
	seal_z85_write(key, text);
	assert_string_equal(text, "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID");
	assert_int_equal(seal_z85_read(span_text(text), back), ERR_OK);
	assert_memory_equal(key, back, sizeof(key));
	assert_int_equal(seal_z85_read(span_text("Yne@$w"), back), ERR_FORMAT);
	text[3] = ' ';
	assert_int_equal(seal_z85_read(span_text(text), back), ERR_FORMAT);
	memset(text, '#', 40); // five '#' are more than 32 bits
	assert_int_equal(seal_z85_read(span_text(text), back), ERR_FORMAT);
}

static void base64_comes_back(void **state)
{
	(void)state;
	uint8_t key[SEAL_KEY_SIZE], back[SEAL_KEY_SIZE];
	char text[SEAL_BASE64_SIZE];
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(255 - 7 * i);
	seal_base64_write(key, text);
	assert_int_equal(seal_base64_read(span_text(text), back), ERR_OK);
	assert_memory_equal(key, back, sizeof(key));
	text[0] = '!';
	assert_int_equal(seal_base64_read(span_text(text), back), ERR_FORMAT);
	assert_int_equal(seal_base64_read(span_text("AAAA"), back), ERR_FORMAT);
}

static void a_signature_holds_for_its_bytes_key_and_domain_only(void **state)
{
	(void)state;
	struct seal_secret s, other;
	struct seal_public p, q;
	uint8_t body[100] = { 1, 2, 3 }, signature[SEAL_SIGNATURE_SIZE], digest[SEAL_DIGEST_SIZE];
	struct span b = span_of(body, sizeof(body));
	seal_make(&s, &p);
	seal_make(&other, &q);
	seal_sign(SEAL_BATCH, b, &s, signature);
	assert_true(seal_verify(SEAL_BATCH, b, p.sign, signature));
	seal_digest(b, digest);
	assert_true(seal_verify_digest(SEAL_BATCH, digest, p.sign, signature));
	assert_false(seal_verify(SEAL_ORDER, b, p.sign, signature));
	assert_false(seal_verify(SEAL_BATCH, b, q.sign, signature));
	for (size_t bit = 0; bit < 8 * sizeof(body); bit++) {
		body[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(seal_verify(SEAL_BATCH, b, p.sign, signature));
		body[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	signature[9] ^= 1;
	assert_false(seal_verify(SEAL_BATCH, b, p.sign, signature));
	seal_wipe(&s);
	seal_wipe(&other);
	static const struct seal_secret zero;
	assert_memory_equal(&s, &zero, sizeof(s));
}

static void key_texts_come_back(void **state)
{
	(void)state;
	struct seal_secret s, s2;
	struct seal_public p, p2;
	char text[SEAL_SECRET_TEXT], shown[SEAL_PUBLIC_TEXT];
	seal_make(&s, &p);
	seal_public_write(&p, "waymark-node-v1", shown);
	assert_int_equal(seal_public_read(span_text(shown), "waymark-node-v1", &p2), ERR_OK);
	assert_memory_equal(&p, &p2, sizeof(p));
	assert_int_equal(seal_public_read(span_text(shown), "waymark-operator-v1", &p2),
			 ERR_FORMAT);
	for (size_t len = 0; len + 1 < strlen(shown); len++)
		assert_int_equal(seal_public_read(span_of(shown, len), "waymark-node-v1", &p2),
				 ERR_FORMAT);
	seal_secret_write(&s, "waymark-node-v1", text);
	assert_int_equal(seal_secret_read(span_text(text), "waymark-node-v1", &s2), ERR_OK);
	assert_memory_equal(&s, &s2, sizeof(s));
	assert_int_equal(seal_secret_read(span_text(shown), "waymark-node-v1", &s2), ERR_FORMAT);
	seal_public_of(&s, &p2);
	assert_memory_equal(&p, &p2, sizeof(p));
	seal_wipe(&s);
	seal_wipe(&s2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crc32c_is_rfc3720),
		cmocka_unit_test(z85_is_rfc32),
		cmocka_unit_test(base64_comes_back),
		cmocka_unit_test(a_signature_holds_for_its_bytes_key_and_domain_only),
		cmocka_unit_test(key_texts_come_back),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
