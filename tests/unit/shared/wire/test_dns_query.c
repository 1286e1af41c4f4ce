// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/dns_query.h"

static void names_reach_their_limits_and_not_past(void **state)
{
	(void)state;
	struct dns_wire_name n;
	char text[1100], back[DNS_TEXT];
	static const char *const bad[] = { "", "..", "a..b", ".a", "a\\", "a\\25", "a\\256" };
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_not_equal(dns_name_read(span_text(bad[i]), &n), ERR_OK);
	memset(text, 'a', sizeof(text));
	assert_int_equal(dns_name_read(span_of(text, 63), &n), ERR_OK);
	assert_int_equal(n.len, 65);
	assert_int_equal(dns_name_read(span_of(text, 64), &n), ERR_RANGE);
	text[63] = text[127] = text[191] = '.';
	assert_int_equal(dns_name_read(span_of(text, 253), &n), ERR_OK);
	assert_int_equal(n.len, 255);
	assert_int_equal(dns_name_read(span_of(text, 254), &n), ERR_RANGE);
	text[253] = '.'; // a trailing dot adds nothing
	assert_int_equal(dns_name_read(span_of(text, 254), &n), ERR_OK);
	struct dns_name name = { .message = span_of(n.bytes, n.len) };
	assert_int_equal(dns_name_write(name, back), ERR_OK);
	assert_int_equal(strlen(back), 253);
	assert_int_equal(dns_name_read(span_text("."), &n), ERR_OK);
	assert_int_equal(n.len, 1);
}

static void escapes_come_back(void **state)
{
	(void)state;
	struct dns_wire_name n;
	char back[DNS_TEXT];
	const char *text = "a\\.b.\\001\\255c";
	assert_int_equal(dns_name_read(span_text(text), &n), ERR_OK);
	assert_memory_equal(n.bytes, "\3a.b\3\1\377c\0", 9);
	struct dns_name name = { .message = span_of(n.bytes, n.len) };
	assert_int_equal(dns_name_write(name, back), ERR_OK);
	assert_string_equal(back, text);
}

static void addresses_turn_into_names(void **state)
{
	(void)state;
	struct dns_wire_name n;
	struct addr a;
	char back[DNS_TEXT];
	dns_name_reverse(addr_v4(0xc6120035), &n);
	struct dns_name name = { .message = span_of(n.bytes, n.len) };
	assert_int_equal(dns_name_write(name, back), ERR_OK);
	assert_string_equal(back, "53.0.18.198.in-addr.arpa");
	assert_int_equal(addr_read(span_text("2001:db8::53"), &a), ERR_OK);
	dns_name_reverse(a, &n);
	name.message = span_of(n.bytes, n.len);
	assert_int_equal(dns_name_write(name, back), ERR_OK);
	assert_string_equal(back, "3.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2."
				  "ip6.arpa");
}

static void a_query_asks_for_what_was_wanted(void **state)
{
	(void)state;
	uint8_t out[DNS_QUERY_MAX];
	struct wr w = wr_of(out, sizeof(out));
	struct dns_wire_name n;
	struct dns_walk walk;
	struct dns_record r;
	struct dns_opt o;
	struct dns_query q = { .id = 0x1234,
			       .type = 28,
			       .recurse = true,
			       .edns = true,
			       .dnssec = true,
			       .nsid = true };
	assert_int_equal(dns_name_read(span_text("www.example"), &n), ERR_OK);
	assert_int_equal(prefix_read(span_text("198.18.64.0/18"), &q.subnet), ERR_OK);
	q.name = span_of(n.bytes, n.len);
	assert_int_equal(dns_query_write(&w, &q), ERR_OK);
	assert_int_equal(dns_walk_init(&walk, wr_span(&w)), ERR_OK);
	assert_int_equal(walk.head.id, 0x1234);
	assert_int_equal(walk.head.flags, 0x0100);
	assert_true(dns_record_next(&walk, &r));
	assert_int_equal(r.type, DNS_OPT);
	dns_opt_read(&r, &o);
	assert_int_equal(o.size, DNS_EDNS_SIZE);
	assert_true(o.dnssec && o.has_nsid && o.has_subnet);
	assert_int_equal(o.subnet.bits, 18);
	assert_true(addr_eq(o.subnet.addr, q.subnet.addr));
	assert_false(dns_record_next(&walk, &r));
	assert_int_equal(walk.r.err, ERR_OK);
	assert_int_equal(walk.r.pos, w.len);
}

static void letters_mix_the_same_way_twice(void **state)
{
	(void)state;
	struct dns_wire_name a, b;
	assert_int_equal(dns_name_read(span_text("abcdefgh.123.xyz"), &a), ERR_OK);
	b = a;
	dns_name_mix(a.bytes, a.len, 0x35);
	dns_name_mix(b.bytes, b.len, 0x35);
	assert_memory_equal(a.bytes, b.bytes, a.len);
	assert_memory_equal(a.bytes,
			    "\x08"
			    "AbCdEFgh",
			    9);
	assert_memory_equal(a.bytes + 9,
			    "\3"
			    "123",
			    4);
	dns_name_mix(a.bytes, a.len, 0);
	assert_memory_equal(a.bytes + 1, "abcdefgh", 8);
}

static void extended_errors_are_read(void **state)
{
	(void)state;
	static const uint8_t data[] = { 0,   15,  0, 5,  0, 15, 'l', 'a', 'w', 0,  3, 0, 2,
					'n', '1', 0, 15, 0, 2,  0,   17,  0,   99, 0, 9, 1 };
	struct dns_record r = { .type = DNS_OPT,
				.class = 4096,
				.ttl = 0x01008000,
				.data = span_of(data, sizeof(data)) };
	struct dns_opt o;
	dns_opt_read(&r, &o);
	assert_int_equal(o.error_count, 2);
	assert_int_equal(o.errors[0].code, 15);
	assert_true(span_eq(o.errors[0].text, span_text("law")));
	assert_string_equal(dns_ede_name(o.errors[1].code), "Filtered");
	assert_true(span_eq(o.nsid, span_text("n1")));
	assert_int_equal(o.extended_rcode, 1);
}

static void says(uint16_t type, const char *data, size_t len, const char *text)
{
	char room[512];
	struct wr w = wr_of(room, sizeof(room) - 1);
	struct span m = span_of(data, len);
	struct dns_record r = { .type = type, .data = m, .target = { .message = m } };
	dns_data_write(&r, &w);
	room[w.len] = '\0';
	assert_string_equal(room, text);
}
#define SAYS(type, data, text) says(type, data, sizeof(data) - 1, text)

static void data_reads_as_in_a_master_file(void **state)
{
	(void)state;
	SAYS(1, "\xc6\x12\0\1", "198.18.0.1");
	SAYS(28, "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1", "2001:db8::1");
	SAYS(15, "\0\12\4mail\0", "10 mail");
	SAYS(16, "\3a\"b\1\\", "\"a\\\"b\" \"\\\\\"");
	SAYS(6, "\1a\0\1b\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5", "a b 1 2 3 4 5");
	SAYS(33, "\0\1\0\2\0\3\1s\0", "1 2 3 s");
	SAYS(257, "\0\5issueca.example", "0 issue \"ca.example\"");
	SAYS(43, "\0\1\10\2\xab\xcd", "1 8 2 abcd");
	SAYS(48, "\1\1\3\10\1\2\3\4", "257 3 8 AQIDBA==");
	SAYS(46, "\0\1\10\2\0\0\1\x2c\0\0\0\0\0\0\0\1\0\7\0\x01",
	     "A 8 2 300 19700101000000 "
	     "19700101000001 7 . AQ==");
	SAYS(47, "\1n\0\0\1\x40", "n A");
	SAYS(65280, "\1\2", "\\# 2 0102");
	SAYS(1, "\1\2\3", "\\# 3 010203");
	SAYS(1, "", "\\# 0");
	SAYS(15, "\0\12\4ma", "\\# 5 000a046d61");
}

static void service_parameters_read_as_in_rfc_9460(void **state)
{
	(void)state;
	SAYS(65, "\0\1\0\0\1\0\6\2h2\2h3\0\4\0\4\xc6\x12\0\7",
	     "1 . alpn=h2,h3 ipv4hint=198.18.0.7");
	SAYS(64, "\0\0\1a\0", "0 a ");
	SAYS(65,
	     "\0\x10\1a\0\0\0\0\4\0\1\0\3\0\2\0\0\0\3\0\2\x20\xfb\0\5\0\3\1\2\3"
	     "\0\6\0\x20\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\2"
	     "\0\7\0\x10/dns-query{?dns}",
	     "16 a mandatory=alpn,port no-default-alpn port=8443 ech=AQID "
	     "ipv6hint=2001:db8::1,2001:db8::2 dohpath=/dns-query{?dns}");
	// A key nobody knows, values that break their key's rules, letters that want quotes.
	SAYS(65, "\0\1\0\2\x9b\0\5he\"o\xd2", "1 . key667=\"he\\\"o\\210\"");
	SAYS(65, "\0\1\0\0\3\0\3\1\2\3\0\4\0\3\1\2\3",
	     "1 . key3=\"\\001\\002\\003\" key4=\"\\001\\002\\003\"");
	SAYS(65, "\0\1\0\0\1\0\4\3a,b", "1 . key1=\"\\003a,b\"");
	SAYS(65, "\0\1\0\0\1\0\4\3a", "\\# 9 000100000100040361");
}

static void types_have_names_both_ways(void **state)
{
	(void)state;
	uint16_t t;
	assert_int_equal(dns_type_read(span_text("aaaa"), &t), ERR_OK);
	assert_int_equal(t, 28);
	assert_int_equal(dns_type_read(span_text("TYPE65280"), &t), ERR_OK);
	assert_int_equal(t, 65280);
	assert_int_equal(dns_type_read(span_text("255"), &t), ERR_OK);
	assert_string_equal(dns_type_name(t), "ANY");
	assert_int_not_equal(dns_type_read(span_text("TYPE65536"), &t), ERR_OK);
	assert_int_not_equal(dns_type_read(span_text("WHAT"), &t), ERR_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_reach_their_limits_and_not_past),
		cmocka_unit_test(escapes_come_back),
		cmocka_unit_test(addresses_turn_into_names),
		cmocka_unit_test(a_query_asks_for_what_was_wanted),
		cmocka_unit_test(letters_mix_the_same_way_twice),
		cmocka_unit_test(extended_errors_are_read),
		cmocka_unit_test(data_reads_as_in_a_master_file),
		cmocka_unit_test(service_parameters_read_as_in_rfc_9460),
		cmocka_unit_test(types_have_names_both_ways),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
