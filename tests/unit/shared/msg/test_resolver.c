// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "msg/one.h"

static const uint8_t four[] = { 198, 18, 0, 1, 198, 18, 0, 2 };
static const uint8_t sixteen[16] = { 0x20, 1, 0xd, 0xb8 };
static const uint32_t offsets[] = { 0, 10000, 20003 }, rtts[] = { 1500, 0, 80 };
static const uint8_t outcomes[] = { ROUND_RIGHT, ROUND_NO_ANSWER, ROUND_RCODE };
static const uint8_t rcodes[] = { 0, 0, 2 };

static struct resolver_record sample(void)
{
	struct resolver_record r = {
		.scan = { { 1, 2, 3 } },
		.addr = addr_v4(0xc6120101),
		.role = RESOLVER_SPECIAL,
		.state = RESOLVER_WRONG,
		.start = { 1234567890123456789 },
		.end = { 1234567890223456789 },
		.payload = span_of(four, 5),
		.rtt_us = 70,
		.ttl = 57,
		.answered_from = span_of(four, 8),
		.names = { span_text("ns1.example"), span_text("") },
		.name_marks = { RESOLVER_CONFIRMED | RESOLVER_DECIDED, 0 },
		.name_count = 2,
		.ptr = 1,
		.infrastructure = true,
		.infra_rule = span_text("label:ns"),
		.class = RESOLVER_TRANSPARENT,
		.egress4 = span_of(four, 4),
		.egress6 = span_of(sixteen, 16),
		.nxdomain = RESOLVER_NX_REWRITTEN,
		.nx_addrs = span_of(four, 8),
		.round_ms = offsets,
		.round_rtt_us = rtts,
		.round_outcome = span_of(outcomes, 3),
		.round_rcode = span_of(rcodes, 3),
		.rounds = 3,
	};
	return r;
}

static struct span write_batch(const struct resolver_record *r)
{
	struct wr w = one_begin();
	assert_int_equal(record_write_resolver(&w, r), ERR_OK);
	return wr_span(&w);
}

static void same_found(const struct resolver_record *a, const struct resolver_record *b)
{
	one_same(a->payload, b->payload);
	assert_int_equal(a->rtt_us, b->rtt_us);
	assert_int_equal(a->ttl, b->ttl);
	one_same(a->answered_from, b->answered_from);
	assert_int_equal(a->name_count, b->name_count);
	for (size_t i = 0; i < a->name_count; i++) {
		one_same(a->names[i], b->names[i]);
		assert_int_equal(a->name_marks[i], b->name_marks[i]);
	}
	assert_int_equal(a->ptr, b->ptr);
	assert_int_equal(a->infrastructure, b->infrastructure);
	one_same(a->infra_rule, b->infra_rule);
	assert_int_equal(a->class, b->class);
	one_same(a->egress4, b->egress4);
	one_same(a->egress6, b->egress6);
	assert_int_equal(a->nxdomain, b->nxdomain);
	one_same(a->nx_addrs, b->nx_addrs);
}

static void a_resolver_comes_back(void **state)
{
	(void)state;
	struct resolver_record r = sample(), got;
	struct span s = write_batch(&r);
	struct arena arena;
	struct batch *b;
	arena_init(&arena, 1 << 20);
	assert_int_equal(batch_read(s, &arena, &b), ERR_OK);
	assert_int_equal(batch_resolvers(b), 1);
	assert_int_equal(batch_unknown(b), 0);
	assert_int_equal(batch_resolver(b, 1, &got), ERR_STATE);
	assert_int_equal(batch_resolver(b, 0, &got), ERR_OK);
	assert_memory_equal(&got.scan, &r.scan, sizeof(got.scan));
	assert_true(addr_eq(got.addr, r.addr));
	assert_int_equal(got.role, r.role);
	assert_int_equal(got.state, r.state);
	assert_int_equal(got.start.ns, r.start.ns);
	assert_int_equal(got.end.ns, r.end.ns);
	same_found(&got, &r);
	assert_int_equal(got.rounds, 3);
	assert_memory_equal(got.round_ms, offsets, sizeof(offsets));
	assert_memory_equal(got.round_rtt_us, rtts, sizeof(rtts));
	one_same(got.round_outcome, r.round_outcome);
	one_same(got.round_rcode, r.round_rcode);
	arena_wipe(&arena);
}

static void what_we_write_is_what_protobuf_c_packs(void **state)
{
	(void)state;
	struct resolver_record r = sample();
	one_packs(write_batch(&r));
}

static void refused(const struct resolver_record *r)
{
	struct wr w = wr_of(one_room, sizeof(one_room));
	assert_int_equal(record_write_resolver(&w, r), ERR_FORMAT);
	assert_int_equal(w.len, 0);
}

static void a_resolver_that_breaks_a_rule_is_not_written(void **state)
{
	(void)state;
	static const uint8_t beyond[] = { ROUND_COUNT, 0, 0 };
	struct resolver_record r = sample();
	r.egress4.len = 7;
	refused(&r);
	r = sample();
	r.answered_from = span_of(sixteen, 15);
	refused(&r);
	r = sample();
	r.rounds = 2;
	refused(&r);
	r = sample();
	r.round_outcome.at = beyond;
	refused(&r);
	r = sample();
	r.name_count = RESOLVER_NAMES_MAX + 1;
	refused(&r);
	r = sample();
	r.addr.family = 0;
	refused(&r);
}

static void what_is_read_keeps_the_rules(const struct batch *b)
{
	struct resolver_record got;
	for (size_t i = 0; i < batch_resolvers(b); i++)
		if (batch_resolver(b, i, &got) == ERR_OK)
			assert_int_equal(resolver_check(&got), ERR_OK);
}

static void every_flip_is_survived(void **state)
{
	(void)state;
	struct resolver_record r = sample();
	one_flips(write_batch(&r), what_is_read_keeps_the_rules);
}

static void every_value_has_its_word(void **state)
{
	(void)state;
	assert_string_equal(resolver_state_name(RESOLVER_NOT_ASKED), "not_asked");
	assert_string_equal(resolver_role_name(RESOLVER_CONTROL), "control");
	assert_string_equal(resolver_class_name(RESOLVER_TRANSPARENT), "transparent");
	assert_string_equal(resolver_nx_name(RESOLVER_NX_FAILED), "failed");
	assert_string_equal(resolver_round_name(ROUND_UNREADABLE), "unreadable");
	assert_string_equal(resolver_round_name(ROUND_PRIVATE), "private_address");
	assert_string_equal(resolver_state_name(RESOLVER_STATE_COUNT), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_resolver_comes_back),
		cmocka_unit_test(what_we_write_is_what_protobuf_c_packs),
		cmocka_unit_test(a_resolver_that_breaks_a_rule_is_not_written),
		cmocka_unit_test(every_flip_is_survived),
		cmocka_unit_test(every_value_has_its_word),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
