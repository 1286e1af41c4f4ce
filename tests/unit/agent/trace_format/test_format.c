// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macro.h"
#include "trace_format/format.h"
#include "trace_format/text_read.h"
#include "trace_format/tree.h"

static void json_is_read_strictly(void **state)
{
	static const struct {
		const char *text;
		enum err err;
	} cases[] = {
		{ "{}", ERR_OK },
		{ " [1, -2.5e3, \"a\\u00e4\\\"\", true, null, {\"a\":[]}] ", ERR_OK },
		{ "0", ERR_OK },
		{ "", ERR_FORMAT },
		{ "[1,]", ERR_FORMAT },
		{ "{\"a\"}", ERR_FORMAT },
		{ "{\"a\":1,}", ERR_FORMAT },
		{ "[1 2]", ERR_FORMAT },
		{ "[1}", ERR_FORMAT },
		{ "01", ERR_FORMAT },
		{ "1.", ERR_FORMAT },
		{ "\"\\x\"", ERR_FORMAT },
		{ "\"", ERR_FORMAT },
		{ "{} {}", ERR_FORMAT },
		{ "[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]", ERR_FORMAT },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena a;
		struct tree *t;
		arena_init(&a, 1 << 16);
		assert_int_equal(tree_read(&a, span_text(cases[i].text), &t), cases[i].err);
		arena_wipe(&a);
	}
}

static void expect_text(uint8_t family, uint32_t answer, const char *want)
{
	struct trace_doc_reply replies[] = {
		{ .ttl = 1, .has_rtt = true, .rtt_us = 1234, .answer = answer },
		{ .ttl = 1 },
		{ .ttl = 1, .has_rtt = true, .rtt_us = 20 },
		{ .ttl = 3, .has_rtt = true, .rtt_us = 1000000 },
	};
	struct trace_doc d = { .name = span_text("x"), .first_ttl = 1, .replies = replies };
	const char *from = family == 4 ? "198.18.0.2" : "2001:db8::2";
	const char *other = family == 4 ? "198.18.0.3" : "2001:db8::3";
	char *text = NULL, expected[400];
	size_t len;
	d.count = COUNT(replies);
	assert_int_equal(addr_read(span_text(from), &d.dst), ERR_OK);
	replies[0].from = d.dst;
	assert_int_equal(addr_read(span_text(other), &replies[2].from), ERR_OK);
	replies[3].from = replies[2].from;
	FILE *out = open_memstream(&text, &len);
	trace_text_write(out, &d, 30);
	fclose(out);
	snprintf(expected, sizeof(expected),
		 "traceroute to x (%s), 30 hops max, %u byte packets\n"
		 " 1  %s  1.234 ms%s * %s  0.020 ms\n 2  *\n 3  %s  1000.000 ms\n",
		 from, family == 4 ? 44 : 64, from, want, other, other);
	assert_string_equal(text, expected);
	free(text);
}

static void text_is_what_traceroute_of_linux_prints(void **state)
{
	(void)state;
	expect_text(4, ANSWER(ANSWER_ICMP, 11, 0), "");
	expect_text(4, ANSWER(ANSWER_ICMP, 3, 3), "");
	expect_text(4, ANSWER(ANSWER_ICMP, 0, 0), "");
	expect_text(4, ANSWER(ANSWER_TCP, 0, 0x12), "");
	expect_text(4, ANSWER(ANSWER_ICMP, 3, 0), " !N");
	expect_text(4, ANSWER(ANSWER_ICMP, 3, 1), " !H");
	expect_text(4, ANSWER(ANSWER_ICMP, 3, 2), " !P");
	expect_text(4, ANSWER(ANSWER_ICMP, 3, 13), " !X");
	expect_text(4, ANSWER(ANSWER_ICMP, 3, 15), " !C");
	expect_text(4, ANSWER(ANSWER_ICMP, 3, 77), " !<77>");
	expect_text(4, ANSWER(ANSWER_ICMP, 11, 1), " !<11-1>");
	expect_text(6, ANSWER(ANSWER_ICMP, 3, 0), "");
	expect_text(6, ANSWER(ANSWER_ICMP, 129, 0), "");
	expect_text(6, ANSWER(ANSWER_ICMP, 1, 1), " !X");
	expect_text(6, ANSWER(ANSWER_ICMP, 1, 3), " !H");
	expect_text(6, ANSWER(ANSWER_ICMP, 1, 6), " !<6>");
}

static void expect_bytes(const char *from, enum trace_method m, uint16_t path_mtu, const char *want)
{
	struct trace_doc d = { .first_ttl = 1, .method = m, .path_mtu = path_mtu };
	char *text = NULL;
	size_t len;
	assert_int_equal(addr_read(span_text(from), &d.dst), ERR_OK);
	FILE *out = open_memstream(&text, &len);
	trace_text_write(out, &d, 30);
	fclose(out);
	assert_non_null(strstr(text, want));
	free(text);
}

static void text_says_how_large_probes_are(void **state)
{
	(void)state;
	expect_bytes("198.18.0.2", TRACE_TCP_SYN, 0, ", 44 byte packets");
	expect_bytes("2001:db8::2", TRACE_ICMP, 0, ", 64 byte packets");
	expect_bytes("198.18.0.2", TRACE_QUIC, 0, ", 1228 byte packets");
	expect_bytes("2001:db8::2", TRACE_QUIC, 0, ", 1248 byte packets");
	expect_bytes("198.18.0.2", TRACE_UDP, 1400, ", 1400 byte packets");
}

static void expect_too_big(const char *text)
{
	struct trace_doc d;
	struct arena a;
	char *again = NULL;
	size_t len;
	arena_init(&a, 1 << 16);
	assert_int_equal(trace_text_read(&a, span_text(text), &d), ERR_OK);
	assert_int_equal(d.count, 2);
	assert_int_equal(d.replies[0].mtu, 1400);
	FILE *out = open_memstream(&again, &len);
	trace_text_write(out, &d, 30);
	fclose(out);
	assert_string_equal(again, text);
	free(again);
	arena_wipe(&a);
}

static void text_says_where_a_path_is_narrower(void **state)
{
	(void)state;
	expect_too_big("traceroute to x (198.18.0.9), 30 hops max, 44 byte packets\n"
		       " 1  198.18.0.2  1.234 ms !F-1400 198.18.1.2  0.020 ms\n");
	expect_too_big("traceroute to x (2001:db8::9), 30 hops max, 64 byte packets\n"
		       " 1  2001:db8::2  1.234 ms !F-1400 2001:db8:1::2  0.020 ms\n");
}

static void expect_back(const char *line)
{
	struct trace_doc d;
	struct arena a;
	char *text = NULL;
	size_t len;
	arena_init(&a, 1 << 16);
	assert_int_equal(trace_line_read(&a, span_text(line), &d), ERR_OK);
	assert_int_equal(d.count, 1);
	FILE *out = open_memstream(&text, &len);
	trace_json_write(out, &d);
	fclose(out);
	assert_string_equal(text, line);
	free(text);
	arena_wipe(&a);
}

#define HEAD "{\"target\":\"x\",\"addr\":\"198.18.0.2\",\"src\":\"198.18.0.1\",\"method\":\"udp\","
#define TIMES                                                                                      \
	"\"start\":\"2026-11-22T08:00:00.000000001Z\",\"duration_ms\":1.000,"                      \
	"\"stop_reason\":\"reached\",\"probes_sent\":6,\"kernel_drops\":0,"
#define REPLY                                                                                      \
	"\"replies\":[{\"addr\":\"198.18.0.2\",\"rtt_ms\":0.042,\"icmp_type\":3,\"icmp_code\":3,"  \
	"\"reply_ttl\":64,\"quoted_ttl\":1,\"mpls\":[],\"late\":false,\"rewritten\":false}]"

static void our_own_json_reads_back_as_it_was(void **state)
{
	(void)state;
	expect_back(HEAD
		    "\"sport\":61000,\"beside_sport\":40000,\"dport\":53,\"flow_id\":61000," TIMES
		    "\"hops\":[{\"ttl\":1," REPLY "}]}\n");
	expect_back(HEAD "\"sport\":61000,\"dport\":53,\"flow_id\":61000," TIMES
			 "\"mda\":\"lite\",\"confidence\":0.9500,\"confidence_reached\":0.9858,"
			 "\"complete\":true,\"flows\":2,\"hops\":[{\"ttl\":1,\"interfaces\":1,"
			 "\"per_packet\":false,\"changed\":false,\"meshed\":false," REPLY
			 "}],\"nodes\":[{\"ttl\":1,\"addr\":\"198.18.0.2\",\"rtt_ms\":0.042,"
			 "\"flows\":[61000,61001]}],\"links\":[]}\n");
}

static void expect_quoted(const char *from, uint32_t answer, bool has)
{
	uint8_t tries[] = { 1 }, ref[] = { 1 }, index[] = { 1 }, ttl[] = { 60 }, quoted[] = { 0 };
	uint32_t rtt[] = { 5 };
	struct trace_record r = { .first_ttl = 1, .probes = 1, .answer_count = 1 };
	struct trace_doc d;
	struct arena a;
	r.answers = &answer;
	r.rtt_us = rtt;
	r.tries = span_of(tries, 1);
	r.ref = span_of(ref, 1);
	r.answer = span_of(index, 1);
	r.reply_ttl = span_of(ttl, 1);
	assert_int_equal(addr_read(span_text(from), &r.dst), ERR_OK);
	r.addrs = addr_span(&r.dst);
	arena_init(&a, 1 << 16);
	assert_int_equal(trace_doc_of(&a, &r, "x", &d), ERR_OK);
	assert_int_equal(d.replies[0].has_quoted_ttl, has);
	assert_int_equal(d.replies[0].quoted_ttl, has);
	r.quoted_ttl = span_of(quoted, 1); // as beside another's that is not 1
	assert_int_equal(trace_doc_of(&a, &r, "x", &d), ERR_OK);
	assert_int_equal(d.replies[0].has_quoted_ttl, has);
	assert_int_equal(d.replies[0].quoted_ttl, 0);
	arena_wipe(&a);
}

static void who_quotes_nothing_has_no_quoted_ttl(void **state)
{
	(void)state;
	expect_quoted("198.18.0.2", ANSWER(ANSWER_ICMP, 11, 0), true);
	expect_quoted("198.18.0.2", ANSWER(ANSWER_ICMP, 0, 0), false);
	expect_quoted("198.18.0.2", ANSWER(ANSWER_TCP, 0, 0x12), false);
	expect_quoted("2001:db8::2", ANSWER(ANSWER_ICMP, 3, 0), true);
	expect_quoted("2001:db8::2", ANSWER(ANSWER_ICMP, 129, 0), false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_is_read_strictly),
		cmocka_unit_test(text_is_what_traceroute_of_linux_prints),
		cmocka_unit_test(text_says_how_large_probes_are),
		cmocka_unit_test(text_says_where_a_path_is_narrower),
		cmocka_unit_test(our_own_json_reads_back_as_it_was),
		cmocka_unit_test(who_quotes_nothing_has_no_quoted_ttl),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
