// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/macro.h"
#include "wire/dns.h"

// Question chat.example. IN A; the answers are appended by the tests.
#define HEAD(answers) 0, 7, 0x81, 0x80, 0, 1, 0, answers, 0, 0, 0, 0
#define QUESTION      4, 'c', 'h', 'a', 't', 7, 'E', 'x', 'a', 'm', 'p', 'l', 'e', 0, 0, 1, 0, 1
#define QNAME         0xc0, 12
#define EXAMPLE       0xc0, 17
#define CLASS_TTL     0, 1, 0, 0, 0, 60

static const char *text_of(struct dns_name n)
{
	static char text[DNS_TEXT];
	assert_int_equal(dns_name_write(n, text), ERR_OK);
	return text;
}

static void follows_the_chain_in_any_order_of_records(void **state)
{
	(void)state;
	// clang-format off
	static const uint8_t m[] = {
		HEAD(4), QUESTION,
		1, 'b', EXAMPLE, 0, 5, CLASS_TTL, 0, 4, 1, 'c', EXAMPLE,
		1, 'c', EXAMPLE, 0, 1, CLASS_TTL, 0, 4, 198, 18, 1, 2,
		1, 'x', EXAMPLE, 0, 1, CLASS_TTL, 0, 4, 198, 18, 9, 9,
		QNAME, 0, 5, CLASS_TTL, 0, 4, 1, 'B', EXAMPLE,
	};
	// clang-format on
	struct dns_answer a;
	assert_int_equal(dns_answer_read(span_of(m, sizeof(m)), &a), ERR_OK);
	assert_string_equal(text_of(a.question.name), "chat.Example");
	assert_int_equal(a.chain_count, 2);
	assert_string_equal(text_of(a.chain[0]), "B.Example");
	assert_string_equal(text_of(a.chain[1]), "c.Example");
	assert_int_equal(a.addr_count, 1); // x.example is off the chain
	assert_int_equal(addr_to_v4(a.addrs[0]), 198u << 24 | 18 << 16 | 1 << 8 | 2);
}

static void stops_in_an_alias_loop(void **state)
{
	(void)state;
	static const uint8_t m[] = { HEAD(1), QUESTION, QNAME, 0, 5, CLASS_TTL, 0, 2, QNAME };
	struct dns_answer a;
	assert_int_equal(dns_answer_read(span_of(m, sizeof(m)), &a), ERR_OK);
	assert_int_equal(a.chain_count, DNS_CHAIN);
	assert_int_equal(a.addr_count, 0);
}

static void refuses_pointers_that_do_not_lead_backwards(void **state)
{
	(void)state;
	static const uint8_t self[] = { 0xc0, 0 };
	static const uint8_t forward[] = { 0xc0, 3, 0, 1, 'a', 0 };
	static const uint8_t mutual[] = { 1, 'a', 0xc0, 4, 1, 'b', 0xc0, 0 };
	char text[DNS_TEXT];
	assert_int_equal(dns_name_write((struct dns_name){ span_of(self, 2), 0 }, text),
			 ERR_FORMAT);
	assert_int_equal(dns_name_write((struct dns_name){ span_of(forward, 6), 0 }, text),
			 ERR_FORMAT);
	assert_int_equal(dns_name_write((struct dns_name){ span_of(mutual, 8), 4 }, text),
			 ERR_FORMAT);
	assert_string_equal(text, "");
}

static void escapes_what_has_a_meaning(void **state)
{
	(void)state;
	static const uint8_t odd[] = { 5, 'a', '.', '\\', 0, 0xff, 0 };
	static const uint8_t root[] = { 0 };
	assert_string_equal(text_of((struct dns_name){ span_of(odd, sizeof(odd)), 0 }),
			    "a\\.\\\\\\000\\255");
	assert_string_equal(text_of((struct dns_name){ span_of(root, 1), 0 }), ".");
}

static void refuses_names_longer_than_the_law(void **state)
{
	(void)state;
	uint8_t m[300];
	char text[DNS_TEXT];
	for (size_t i = 0; i < sizeof(m); i++)
		m[i] = i % 2 == 0 ? 1 : 'a';
	m[254] = 0; // 127 labels: 255 bytes, the longest there is
	assert_int_equal(dns_name_write((struct dns_name){ span_of(m, 255), 0 }, text), ERR_OK);
	m[254] = 1;
	m[256] = 0;
	assert_int_equal(dns_name_write((struct dns_name){ span_of(m, 257), 0 }, text), ERR_FORMAT);
}

static void gives_what_is_there_of_a_message_cut_short(void **state)
{
	(void)state;
	static const uint8_t m[] = {
		HEAD(2), QUESTION, QNAME, 0, 1, CLASS_TTL, 0, 4, 198, 18, 1, 2, QNAME, 0, 1,
	};
	struct dns_answer a;
	assert_int_equal(dns_answer_read(span_of(m, sizeof(m)), &a), ERR_OK);
	assert_int_equal(a.addr_count, 1);
	assert_int_equal(dns_answer_read(span_of(m, 20), &a), ERR_SHORT);
	assert_int_equal(dns_answer_read(span_of(m, 11), &a), ERR_SHORT);
}

static void a_query_is_no_answer(void **state)
{
	(void)state;
	static const uint8_t m[] = { 0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, QUESTION };
	struct dns_answer a;
	assert_int_equal(dns_answer_read(span_of(m, sizeof(m)), &a), ERR_MISSING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_the_chain_in_any_order_of_records),
		cmocka_unit_test(stops_in_an_alias_loop),
		cmocka_unit_test(refuses_pointers_that_do_not_lead_backwards),
		cmocka_unit_test(escapes_what_has_a_meaning),
		cmocka_unit_test(refuses_names_longer_than_the_law),
		cmocka_unit_test(gives_what_is_there_of_a_message_cut_short),
		cmocka_unit_test(a_query_is_no_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
