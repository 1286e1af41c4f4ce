// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/outer.h"
#include "wire/ip.h"
#include "wire/link.h"

#define PHONE    addr_v4(0xc6124702)
#define SPACE    addr_v4(0xc6138003)
#define NODE     addr_v4(0xc6120302)
#define SERVER   addr_v4(0xc6120402)
#define RESOLVER addr_v4(0xc6120335)

static const uint64_t seed[2] = { 1, 2 };
static struct nat *nat;
static struct flow_table *flows;

static int setup(void **state)
{
	const struct flow_config config = {
		.flows = 64, .targets = 1, .streams = 1, .names = 4, .name_text = 64
	};
	(void)state;
	nat = nat_new(SPACE, (struct addr){ 0 }, seed);
	flows = flow_table_new(&config);
	return nat != NULL && flows != NULL ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	nat_free(&nat);
	flow_table_free(&flows);
	return 0;
}

// The phone's connection from PORT to DST leaves from OUTPORT and reaches FAR.
static void translated(uint8_t proto, uint16_t port, struct addr dst, uint16_t dport,
		       uint16_t outport, struct addr far)
{
	const struct nat_event in = { .asked = { proto, PHONE, dst, port, dport },
				      .answered = { proto, far, SPACE, dport, port } };
	const struct nat_event out = { .asked = { proto, SPACE, far, port, dport },
				       .answered = { proto, far, NODE, dport, outport } };
	nat_hear(nat, NAT_SPACE, &in, (struct wall){ 1 });
	nat_hear(nat, NAT_NODE, &out, (struct wall){ 1 });
}

// A packet of 36 bytes on the uplink.
static void passes(uint8_t proto, struct addr a, uint16_t aport, struct addr b, uint16_t bport)
{
	uint8_t bytes[64] = { 0x45, [3] = 36, [8] = 64 };
	struct flow_event e;
	bytes[9] = proto;
	for (int i = 0; i < 4; i++) {
		bytes[12 + i] = a.bytes[i];
		bytes[16 + i] = b.bytes[i];
	}
	bytes[20] = (uint8_t)(aport >> 8);
	bytes[21] = (uint8_t)aport;
	bytes[22] = (uint8_t)(bport >> 8);
	bytes[23] = (uint8_t)bport;
	bytes[25] = 16;
	const struct packet p = {
		.at = { 5 }, .link = LINK_RAW, .wire_len = 36, .bytes = span_of(bytes, 36)
	};
	assert_int_equal(flow_hear(flows, &p), ERR_OK);
	while (flow_next(flows, &e))
		continue;
}

static struct flow_record joined(uint8_t proto, struct addr a, uint16_t aport, struct addr b,
				 uint16_t bport)
{
	struct flow_record r = { .proto = proto, .a = a, .b = b, .aport = aport, .bport = bport };
	outer_join(nat, flows, &r);
	return r;
}

static void a_flow_has_its_twins_ends_and_counts(void **state)
{
	(void)state;
	translated(IP_UDP, 40000, SERVER, 7777, 1030, SERVER);
	passes(IP_UDP, NODE, 1030, SERVER, 7777);
	passes(IP_UDP, NODE, 1030, SERVER, 7777);
	passes(IP_UDP, SERVER, 7777, NODE, 1030);
	struct flow_outer o = joined(IP_UDP, PHONE, 40000, SERVER, 7777).outer;
	assert_true(addr_eq(o.a, NODE) && addr_eq(o.b, SERVER));
	assert_int_equal(o.aport, 1030);
	assert_int_equal(o.bport, 7777);
	assert_int_equal(o.pkts_ab, 2);
	assert_int_equal(o.bytes_ab, 72);
	assert_int_equal(o.pkts_ba, 1);
	assert_int_equal(o.mappings, 1);
}

static void a_flow_that_the_server_began_is_turned(void **state)
{
	(void)state;
	translated(IP_UDP, 40000, SERVER, 7777, 40000, SERVER);
	passes(IP_UDP, SERVER, 7777, NODE, 40000); // the capture outside began late
	passes(IP_UDP, NODE, 40000, SERVER, 7777);
	passes(IP_UDP, SERVER, 7777, NODE, 40000);
	struct flow_outer o = joined(IP_UDP, SERVER, 7777, PHONE, 40000).outer;
	assert_true(addr_eq(o.a, SERVER) && addr_eq(o.b, NODE));
	assert_int_equal(o.aport, 7777);
	assert_int_equal(o.bport, 40000);
	assert_int_equal(o.pkts_ab, 2);
	assert_int_equal(o.pkts_ba, 1);
}

static void a_question_that_was_redirected_reaches_the_resolver(void **state)
{
	(void)state;
	translated(IP_UDP, 40000, SERVER, 53, 40000, RESOLVER);
	passes(IP_UDP, NODE, 40000, RESOLVER, 53);
	struct flow_outer o = joined(IP_UDP, PHONE, 40000, SERVER, 53).outer;
	assert_true(addr_eq(o.b, RESOLVER));
	assert_int_equal(o.pkts_ab, 1);
}

static void what_was_translated_anew_is_added_up(void **state)
{
	(void)state;
	translated(IP_UDP, 40000, SERVER, 7777, 40000, SERVER);
	translated(IP_UDP, 40000, SERVER, 7777, 1030, SERVER);
	passes(IP_UDP, NODE, 40000, SERVER, 7777);
	passes(IP_UDP, NODE, 1030, SERVER, 7777);
	struct flow_outer o = joined(IP_UDP, PHONE, 40000, SERVER, 7777).outer;
	assert_int_equal(o.mappings, 2);
	assert_int_equal(o.aport, 1030);
	assert_int_equal(o.pkts_ab, 2);
}

static void echoes_with_other_identifiers_are_one_flow_added_once(void **state)
{
	(void)state;
	translated(IP_ICMP, 7, SERVER, 7, 7, SERVER);
	translated(IP_ICMP, 8, SERVER, 8, 9, SERVER);
	passes(IP_ICMP, NODE, 0x0800, SERVER, 7);
	passes(IP_ICMP, NODE, 0x0800, SERVER, 9);
	struct flow_outer o = joined(IP_ICMP, PHONE, 0, SERVER, 0).outer;
	assert_int_equal(o.mappings, 2);
	assert_int_equal(o.aport + o.bport, 0);
	assert_int_equal(o.pkts_ab, 2);
}

static void what_nobody_translated_has_no_twin(void **state)
{
	(void)state;
	passes(IP_UDP, NODE, 40000, SERVER, 7777);
	struct flow_outer o = joined(IP_UDP, PHONE, 40000, SERVER, 7777).outer;
	assert_int_equal(o.a.family, 0);
	assert_int_equal(o.mappings, 0);
}

#define WITH_TABLES(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_TABLES(a_flow_has_its_twins_ends_and_counts),
		WITH_TABLES(a_flow_that_the_server_began_is_turned),
		WITH_TABLES(a_question_that_was_redirected_reaches_the_resolver),
		WITH_TABLES(what_was_translated_anew_is_added_up),
		WITH_TABLES(echoes_with_other_identifiers_are_one_flow_added_once),
		WITH_TABLES(what_nobody_translated_has_no_twin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
