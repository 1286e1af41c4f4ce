// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/flow_out.h"

static const struct flow flow = {
	.key = {
		.proto = 6,
		.a = { .family = 4, .bytes = { 198, 18, 0, 1 } },
		.b = { .family = 4, .bytes = { 198, 18, 0, 2 } },
		.aport = 40000,
		.bport = 443,
	},
	.ab = { .packets = 1, .bytes = 2, .tcp_flags = 0x21b, .fragments = 3, .again = 4, .late = 5 },
	.ba = { .packets = 6, .bytes = 7, .tcp_flags = 0x412, .fragments = 8, .again = 9, .late = 10 },
	.first = { 1000 },
	.last = { 2000 },
	.rtt_a_ns = 11,
	.rtt_b_ns = 12,
};

static void a_record_has_every_fact_of_its_flow(void **state)
{
	(void)state;
	const struct flow_config config = {
		.flows = 4, .targets = 4, .streams = 1, .names = 4, .name_text = 64
	};
	struct flow_table *table = flow_table_new(&config);
	struct bursts *bursts = bursts_new(4, config.seed);
	struct flow_record r;
	assert_true(table != NULL && bursts != NULL);
	flow_out(table, &flow, bursts, NULL, &r);
	assert_true(addr_eq(r.a, flow.key.a) && addr_eq(r.b, flow.key.b));
	assert_int_equal(r.aport, 40000);
	assert_int_equal(r.bport, 443);
	assert_int_equal(r.pkts_ab, 1);
	assert_int_equal(r.bytes_ab, 2);
	assert_int_equal(r.pkts_ba, 6);
	assert_int_equal(r.bytes_ba, 7);
	assert_int_equal(r.first.ns, 1000);
	assert_int_equal(r.last.ns, 2000);
	assert_int_equal(r.fragments, 11);
	assert_int_equal(r.tcp_a.flags, 0x21b);
	assert_int_equal(r.tcp_a.again, 4);
	assert_int_equal(r.tcp_a.late, 5);
	assert_int_equal(r.tcp_a.rtt_ns, 11);
	assert_int_equal(r.tcp_b.flags, 0x412);
	assert_int_equal(r.tcp_b.again, 9);
	assert_int_equal(r.tcp_b.late, 10);
	assert_int_equal(r.tcp_b.rtt_ns, 12);
	assert_int_equal(r.name_count + r.burst_count + r.app.len, 0);
	bursts_free(&bursts);
	flow_table_free(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_has_every_fact_of_its_flow),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
