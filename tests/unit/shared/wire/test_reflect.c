// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/dns.h"
#include "wire/reflect.h"

#define ZONE "Whoami.Example"

static struct addr addr(const char *text)
{
	struct addr a;
	assert_int_equal(addr_read(span_text(text), &a), ERR_OK);
	return a;
}

static const struct reflect_ask ask = {
	.kind = REFLECT_PHONE,
	.token = { 0xab, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0xff },
	.nonce = { 9, 8, 7, 6, 5, 4, 3, 2 },
};

static void a_question_reads_back(void **state)
{
	uint8_t room[256];
	struct wr w = wr_of(room, sizeof(room));
	struct reflect_ask got;
	(void)state;
	reflect_ask_write(&w, &ask);
	assert_int_equal(w.len, REFLECT_SIZE);
	assert_int_equal(reflect_ask_read(wr_span(&w), &got), ERR_OK);
	assert_memory_equal(&got, &ask, sizeof(ask));
	assert_int_equal(reflect_ask_read(span_of(room, REFLECT_SIZE - 1), &got), ERR_SHORT);
	assert_int_equal(reflect_ask_read(span_of(room, REFLECT_SIZE + 1), &got), ERR_FORMAT);
	room[4] = 'x';
	assert_int_equal(reflect_ask_read(wr_span(&w), &got), ERR_FORMAT);
}

static void an_answer_reads_back_and_is_no_question(void **state)
{
	struct reflect_answer in = {
		.ask = ask,
		.ttl_sent = 64,
		.proto = 6,
		.you = { addr("198.18.3.2"), 40000, 61 },
		.node4 = { addr("198.18.3.2"), 52000, 61 },
		.node6 = { addr("2001:db8:3::2"), 52000, 60 },
		.resolver_node = addr("198.18.4.53"),
		.resolver_phone = addr("2001:db8:4::53"),
		.window = 64240,
		.syn_len = 4,
		.syn = { 2, 4, 5, 0xb4 },
	};
	uint8_t room[256];
	struct wr w = wr_of(room, sizeof(room));
	struct reflect_answer got;
	struct reflect_ask question;
	(void)state;
	reflect_answer_write(&w, &in);
	assert_int_equal(w.len, REFLECT_SIZE); // as long as its question
	assert_int_equal(reflect_answer_read(wr_span(&w), &got), ERR_OK);
	assert_memory_equal(&got.ask, &ask, sizeof(ask));
	assert_true(addr_eq(got.you.addr, in.you.addr) && addr_eq(got.node6.addr, in.node6.addr));
	assert_true(addr_eq(got.resolver_phone, in.resolver_phone));
	assert_int_equal(got.you.port, 40000);
	assert_int_equal(got.node6.ttl, 60);
	assert_int_equal(got.window, 64240);
	assert_memory_equal(got.syn, in.syn, REFLECT_SYN);
	// Two reflectors must not talk to each other for ever.
	assert_int_equal(reflect_ask_read(wr_span(&w), &question), ERR_FORMAT);
	room[128] = 41;
	assert_int_equal(reflect_answer_read(wr_span(&w), &got), ERR_FORMAT);
}

static void a_name_tells_who_asked(void **state)
{
	uint8_t room[512];
	struct wr w = wr_of(room, sizeof(room));
	struct reflect_ask got;
	(void)state;
	reflect_query_write(&w, &ask, "whoami.example");
	assert_int_equal(reflect_query_read(wr_span(&w), ZONE, &got), ERR_OK);
	assert_int_equal(got.kind, REFLECT_PHONE);
	assert_memory_equal(got.token, ask.token, REFLECT_TOKEN);
	assert_int_equal(reflect_query_read(wr_span(&w), "other.example", &got), ERR_MISSING);
	room[DNS_HEAD + 1] = 'P'; // a resolver that plays with capitals
	assert_int_equal(reflect_query_read(wr_span(&w), ZONE, &got), ERR_OK);
	room[DNS_HEAD + 1] = 'q';
	assert_int_equal(reflect_query_read(wr_span(&w), ZONE, &got), ERR_MISSING);
	room[2] |= 0x80;
	assert_int_equal(reflect_query_read(wr_span(&w), ZONE, &got), ERR_FORMAT);
}

static void a_reply_is_no_longer_than_its_query(void **state)
{
	uint8_t room[512], reply[512];
	struct wr w = wr_of(room, sizeof(room)), out = wr_of(reply, sizeof(reply));
	struct dns_walk walk;
	(void)state;
	reflect_query_write(&w, &ask, ZONE);
	assert_int_equal(reflect_reply_write(&out, wr_span(&w), true), ERR_OK);
	assert_int_equal(out.len, w.len);
	assert_int_equal(dns_walk_init(&walk, wr_span(&out)), ERR_OK);
	assert_true(walk.head.response);
	assert_int_equal(walk.head.rcode, 0);
	assert_int_equal(walk.head.count[1] + walk.head.count[2] + walk.head.count[3], 0);
	struct wr refused = wr_of(room, sizeof(room));
	assert_int_equal(reflect_reply_write(&refused, wr_span(&out), true), ERR_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_reads_back),
		cmocka_unit_test(an_answer_reads_back_and_is_no_question),
		cmocka_unit_test(a_name_tells_who_asked),
		cmocka_unit_test(a_reply_is_no_longer_than_its_query),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
