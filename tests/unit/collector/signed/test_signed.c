// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "signed/signed.h"

#include "unit/collector/signed/vectors.h"

#define YEAR_NS (365 * 24 * 3600 * NS_PER_S)

static const struct wall y2020 = { 50 * YEAR_NS + YEAR_NS / 4 },
			 y2026 = { 56 * YEAR_NS + YEAR_NS / 2 };

struct wire {
	uint8_t bytes[2048];
	size_t len;
};

static struct wire wire_of(const char *hex)
{
	struct wire w = { .len = strlen(hex) / 2 };
	assert_true(w.len <= sizeof(w.bytes));
	for (size_t i = 0; i < w.len; i++) {
		const char byte[3] = { hex[2 * i], hex[2 * i + 1] };
		w.bytes[i] = (uint8_t)strtoul(byte, NULL, 16);
	}
	return w;
}

static struct signed_keys *keys_of(const char *hex)
{
	struct signed_keys *k = signed_keys_new();
	assert_non_null(k);
	struct wire w = wire_of(hex);
	assert_int_equal(signed_keys_put(k, span_of(w.bytes, w.len)), ERR_OK);
	return k;
}

static const char *find(const struct signed_keys *k, const char *domain, struct wall at,
			const struct wire *w)
{
	const struct signed_question q = { .domain = domain, .type = 1, .at = at };
	// Just as long as it is: a sanitizer sees a byte read past its end.
	uint8_t *exact = malloc(w->len + 1);
	assert_non_null(exact);
	memcpy(exact, w->bytes, w->len);
	const char *name = signed_name(signed_find(k, &q, span_of(exact, w->len)));
	free(exact);
	return name;
}

static void expect(const char *hex, const char *domain, struct wall at, const char *name)
{
	struct signed_keys *k = keys_of(vector_keys);
	struct wire w = wire_of(hex);
	assert_string_equal(find(k, domain, at, &w), name);
	signed_keys_free(&k);
	assert_null(k);
}

static void what_the_zone_signed_is_valid(void **state)
{
	(void)state;
	expect(vector_sealed, "sealed.example", y2026, "valid");
	expect(vector_sealed, "SEALED.Example", y2026, "valid");
	expect(vector_sealed_rsa, "sealed.example", y2026, "valid");
}

static void a_chain_is_valid_when_each_link_is(void **state)
{
	(void)state;
	expect(vector_short, "short.example", y2026, "valid");
	expect(vector_out, "out.example", y2026, "none");
}

static void a_right_answer_to_another_question_is_none(void **state)
{
	(void)state;
	expect(vector_sealed, "broken.example", y2026, "none");
	expect(vector_sealed, "example", y2026, "none");
	expect(vector_sealed, "", y2026, "none");
}

static void another_address_under_a_signature_is_bogus(void **state)
{
	(void)state;
	expect(vector_broken, "broken.example", y2026, "bogus");
}

static void a_signature_holds_for_its_time(void **state)
{
	(void)state;
	expect(vector_aged, "sealed.example", y2026, "expired");
	expect(vector_aged, "sealed.example", y2020, "valid");
	expect(vector_sealed, "sealed.example", y2020, "expired");
}

static void without_its_key_a_signature_says_nothing(void **state)
{
	(void)state;
	struct signed_keys *none = signed_keys_new(), *rsa = keys_of(vector_keys_rsa);
	struct wire w = wire_of(vector_sealed), r = wire_of(vector_sealed_rsa);
	assert_non_null(none);
	assert_int_equal(signed_keys_count(rsa), 1);
	assert_string_equal(find(none, "sealed.example", y2026, &w), "no_key");
	assert_string_equal(find(rsa, "sealed.example", y2026, &w), "no_key");
	assert_string_equal(find(rsa, "sealed.example", y2026, &r), "valid");
	signed_keys_free(&none);
	signed_keys_free(&rsa);
}

static void a_wildcard_needs_a_proof_that_is_not_looked_at(void **state)
{
	(void)state;
	expect(vector_wild, "x.wild.example", y2026, "none");
}

static void keys_are_kept_once(void **state)
{
	(void)state;
	struct signed_keys *k = keys_of(vector_keys);
	struct wire w = wire_of(vector_keys);
	assert_int_equal(signed_keys_count(k), 2);
	assert_int_equal(signed_keys_put(k, span_of(w.bytes, w.len)), ERR_OK);
	assert_int_equal(signed_keys_count(k), 2);
	signed_keys_free(&k);
}

// Every byte that is signed, changed, and every length but the right one.
static void a_changed_or_cut_answer_is_never_valid(void **state)
{
	(void)state;
	struct signed_keys *k = keys_of(vector_keys);
	const struct wire right = wire_of(vector_sealed);
	size_t bogus = 0;
	for (size_t i = 0; i < right.len; i++) {
		struct wire w = right;
		w.len = i;
		assert_string_equal(find(k, "sealed.example", y2026, &w), "none");
	}
	for (size_t i = 32; i < right.len; i++) {
		struct wire w = right;
		w.bytes[i] ^= 0x01;
		bogus += strcmp(find(k, "sealed.example", y2026, &w), "bogus") == 0;
	}
	assert_true(bogus >= 4 + 4 + 64); // the addresses, the signature
	for (size_t i = right.len - 64; i < right.len; i++) {
		struct wire w = right;
		w.bytes[i] ^= 0x80;
		assert_string_not_equal(find(k, "sealed.example", y2026, &w), "valid");
	}
	signed_keys_free(&k);
}

// One question cannot be made to cost many verifications (CVE-2023-50387).
static void a_flood_of_signatures_is_given_up(void **state)
{
	(void)state;
	struct signed_keys *k = keys_of(vector_keys);
	struct wire w = wire_of(vector_broken);
	// Header and question; the address; its signature, over and over.
	size_t address = 12 + 16 + 4, sign = address + 16 + 10 + 4, size = w.len - sign;
	static uint8_t many[65535];
	memcpy(many, w.bytes, w.len);
	size_t len = w.len, count = 2;
	for (; count < 200; count++, len += size) {
		memcpy(many + len, w.bytes + sign, size);
		many[len + size - 1] ^= (uint8_t)count;
	}
	many[6] = 0;
	many[7] = (uint8_t)count;
	const struct signed_question q = { .domain = "broken.example", .type = 1, .at = y2026 };
	assert_int_equal(signed_find(k, &q, span_of(many, len)), SIGNED_NONE);
	many[7] = 3;
	assert_int_equal(signed_find(k, &q, span_of(many, w.len + size)), SIGNED_BOGUS);
	signed_keys_free(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_zone_signed_is_valid),
		cmocka_unit_test(a_chain_is_valid_when_each_link_is),
		cmocka_unit_test(a_right_answer_to_another_question_is_none),
		cmocka_unit_test(another_address_under_a_signature_is_bogus),
		cmocka_unit_test(a_signature_holds_for_its_time),
		cmocka_unit_test(without_its_key_a_signature_says_nothing),
		cmocka_unit_test(a_wildcard_needs_a_proof_that_is_not_looked_at),
		cmocka_unit_test(keys_are_kept_once),
		cmocka_unit_test(a_changed_or_cut_answer_is_never_valid),
		cmocka_unit_test(a_flood_of_signatures_is_given_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
