// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "nat/nat.h"

#define NEW 0x100
#define END 0x102

static const uint64_t seed[2];
static const struct wall now = { 1000 };

// The addresses of the test: a phone, the cable's end, the node, a server.
static struct addr phone(void)
{
	return addr_v4(0xc6124702);
}
static struct addr space(void)
{
	return addr_v4(0xc6138003);
}
static struct addr node(void)
{
	return addr_v4(0xc6120302);
}
static struct addr server(void)
{
	return addr_v4(0xc6120402);
}

static struct nat_event event(struct addr a, uint16_t aport, struct addr out, uint16_t outport,
			      struct addr b, uint16_t bport)
{
	return (struct nat_event){ .asked = { 17, a, b, aport, bport },
				   .answered = { 17, b, out, bport, outport } };
}

static struct nat *table(void)
{
	struct nat *n = nat_new(space(), (struct addr){ 0 }, seed);
	assert_non_null(n);
	return n;
}

// What Linux 6.18 said of a UDP packet from 198.18.0.1:40000 to 198.18.0.9:53.
static const char udp4[] =
	"02000000340001801400018008000100c612000108000200c61200091c000280050001001100000006000200"
	"9c4000000600030000350000340002801400018008000100c612000908000200c61200011c00028005000100"
	"110000000600020000350000060003009c40000008000c00f53d91e308000300000001880800070000"
	"00001e";

static size_t unhex(const char *text, uint8_t *out, size_t cap)
{
	size_t len = strlen(text) / 2;
	assert_true(len <= cap);
	assert_int_equal(text_unhex(span_text(text), out, len), ERR_OK);
	return len;
}

static void reads_what_a_kernel_said(void **state)
{
	(void)state;
	uint8_t bytes[256];
	struct nat_event e;
	struct span whole = span_of(bytes, unhex(udp4, bytes, sizeof(bytes)));
	assert_int_equal(nat_event_read(NEW, whole, &e), ERR_OK);
	assert_false(e.ended);
	assert_int_equal(e.asked.proto, 17);
	assert_true(addr_eq(e.asked.a, addr_v4(0xc6120001)));
	assert_true(addr_eq(e.asked.b, addr_v4(0xc6120009)));
	assert_int_equal(e.asked.aport, 40000);
	assert_int_equal(e.asked.bport, 53);
	assert_true(addr_eq(e.answered.b, e.asked.a));
	assert_int_equal(e.answered.bport, 40000);
	assert_int_equal(nat_event_read(END, whole, &e), ERR_OK);
	assert_true(e.ended);
	assert_int_equal(nat_event_read(0x101, whole, &e), ERR_MISSING);
	assert_int_equal(nat_event_read(0x200, whole, &e), ERR_MISSING);
}

static void a_cut_or_broken_event_is_refused(void **state)
{
	(void)state;
	uint8_t bytes[256];
	struct nat_event e;
	size_t len = unhex(udp4, bytes, sizeof(bytes));
	size_t tuples = 4 + 52 + 52; // the head and both tuples
	for (size_t cut = 0; cut < tuples; cut++)
		assert_int_not_equal(nat_event_read(NEW, span_of(bytes, cut), &e), ERR_OK);
	bytes[4] = 2; // shorter than its own head
	assert_int_equal(nat_event_read(NEW, span_of(bytes, len), &e), ERR_FORMAT);
}

static void joins_both_translations_in_either_order(void **state)
{
	(void)state;
	for (int turn = 0; turn < 2; turn++) {
		struct nat *n = table();
		struct nat_mapping m;
		struct nat_event in = event(phone(), 40000, space(), 40000, server(), 443);
		struct nat_event out = event(space(), 40000, node(), 1024, server(), 443);
		nat_hear(n, turn == 0 ? NAT_SPACE : NAT_NODE, turn == 0 ? &in : &out, now);
		assert_false(nat_next(n, &m));
		nat_hear(n, turn == 0 ? NAT_NODE : NAT_SPACE, turn == 0 ? &out : &in, now);
		assert_true(nat_next(n, &m));
		assert_true(addr_eq(m.inner.a, phone()) && m.inner.aport == 40000);
		assert_true(addr_eq(m.outer.a, node()) && m.outer.aport == 1024);
		assert_true(addr_eq(m.outer.b, server()) && m.outer.bport == 443);
		assert_int_equal(m.at.ns, now.ns);
		assert_false(nat_next(n, &m));
		nat_free(&n);
	}
}

static void a_redirected_query_keeps_whom_it_asked(void **state)
{
	(void)state;
	struct nat *n = table();
	struct nat_mapping m;
	struct addr resolver = addr_v4(0xc6120435);
	struct nat_event in = event(phone(), 5000, space(), 5000, server(), 53);
	in.answered.a = resolver;
	struct nat_event out = event(space(), 5000, node(), 5000, resolver, 53);
	nat_hear(n, NAT_SPACE, &in, now);
	nat_hear(n, NAT_NODE, &out, now);
	assert_true(nat_next(n, &m));
	assert_true(addr_eq(m.inner.b, server()));
	assert_true(addr_eq(m.outer.b, resolver));
	nat_free(&n);
}

static void others_connections_are_not_ours(void **state)
{
	(void)state;
	struct nat *n = table();
	struct nat_mapping m;
	struct addr other = addr_v4(0xc6138007);
	struct nat_event in = event(phone(), 40000, other, 40000, server(), 443);
	struct nat_event out = event(other, 40000, node(), 40000, server(), 443);
	nat_hear(n, NAT_SPACE, &in, now);
	nat_hear(n, NAT_NODE, &out, now);
	assert_false(nat_next(n, &m));
	assert_false(nat_ours(n, &(struct nat_tuple){ 17, node(), server(), 40000, 443 }));
	nat_free(&n);
}

static void a_packet_of_either_direction_is_known_outside(void **state)
{
	(void)state;
	struct nat *n = table();
	struct nat_event in = event(phone(), 40000, space(), 40000, server(), 443);
	struct nat_event out = event(space(), 40000, node(), 1024, server(), 443);
	nat_hear(n, NAT_SPACE, &in, now);
	nat_hear(n, NAT_NODE, &out, now);
	assert_true(nat_ours(n, &(struct nat_tuple){ 17, node(), server(), 1024, 443 }));
	assert_true(nat_ours(n, &(struct nat_tuple){ 17, server(), node(), 443, 1024 }));
	assert_false(nat_ours(n, &(struct nat_tuple){ 17, node(), server(), 40000, 443 }));
	assert_false(nat_ours(n, &(struct nat_tuple){ 6, node(), server(), 1024, 443 }));
	nat_free(&n);
}

static void a_connection_translated_anew_has_both_mappings(void **state)
{
	(void)state;
	struct nat *n = table();
	struct nat_mapping m[4];
	struct nat_event in = event(phone(), 40000, space(), 40000, server(), 443);
	struct nat_event out = event(space(), 40000, node(), 40000, server(), 443);
	nat_hear(n, NAT_SPACE, &in, now);
	nat_hear(n, NAT_NODE, &out, now);
	out.answered.bport = 1030; // the node forgot it first, and its port was taken meanwhile
	nat_hear(n, NAT_NODE, &out, now);
	assert_int_equal(nat_find(n, &in.asked, m, 4), 2);
	assert_int_equal(m[0].outer.aport, 1030);
	assert_int_equal(m[1].outer.aport, 40000);
	assert_int_equal(nat_find(n, &in.asked, m, 1), 2);
	nat_free(&n);
}

// Where events were lost, the kernel is asked for all connections that stand, and tells them again.
static void what_is_told_again_is_no_new_mapping(void **state)
{
	(void)state;
	struct nat *n = table();
	struct nat_mapping m[4];
	struct nat_event in = event(phone(), 40000, space(), 40000, server(), 443);
	struct nat_event out = event(space(), 40000, node(), 1030, server(), 443);
	for (int i = 0; i < 3; i++) {
		nat_hear(n, NAT_SPACE, &in, now);
		nat_hear(n, NAT_NODE, &out, now);
	}
	assert_int_equal(nat_find(n, &in.asked, m, 4), 1);
	assert_true(nat_next(n, &m[0]));
	assert_false(nat_next(n, &m[0]));
	out.ended = true; // the node forgot it, and makes the same of it once more
	nat_hear(n, NAT_NODE, &out, now);
	out.ended = false;
	nat_hear(n, NAT_NODE, &out, now);
	assert_int_equal(nat_find(n, &in.asked, m, 4), 2);
	in.ended = true; // so does the namespace
	nat_hear(n, NAT_SPACE, &in, now);
	in.ended = false;
	nat_hear(n, NAT_SPACE, &in, now);
	nat_hear(n, NAT_NODE, &out, now);
	assert_int_equal(nat_find(n, &in.asked, m, 4), 3);
	in.asked.aport = 50000; // its end was lost; another one has its place at the cable
	nat_hear(n, NAT_SPACE, &in, now);
	nat_hear(n, NAT_NODE, &out, now);
	assert_int_equal(nat_find(n, &in.asked, m, 4), 1);
	nat_free(&n);
}

static void another_phone_port_may_follow_through_the_same_cable_port(void **state)
{
	(void)state;
	struct nat *n = table();
	struct nat_mapping m;
	struct nat_event in = event(phone(), 40000, space(), 40000, server(), 443);
	struct nat_event out = event(space(), 40000, node(), 40000, server(), 443);
	nat_hear(n, NAT_SPACE, &in, now);
	nat_hear(n, NAT_NODE, &out, now);
	in.ended = true;
	nat_hear(n, NAT_SPACE, &in, now);
	in = event(phone(), 50000, space(), 40000, server(), 443);
	nat_hear(n, NAT_NODE, &out, now); // told before the namespace says whose it is
	nat_hear(n, NAT_SPACE, &in, now);
	assert_int_equal(nat_find(n, &in.asked, &m, 1), 1);
	assert_int_equal(m.inner.aport, 50000);
	nat_free(&n);
}

static void echoes_of_a_phone_are_one_flow(void **state)
{
	(void)state;
	struct nat *n = table();
	struct nat_mapping m[4];
	for (uint16_t id = 7; id < 9; id++) {
		struct nat_event in = event(phone(), id, space(), id, server(), id);
		struct nat_event out = event(space(), id, node(), id, server(), id);
		in.asked.proto = in.answered.proto = out.asked.proto = out.answered.proto = 1;
		nat_hear(n, NAT_SPACE, &in, now);
		nat_hear(n, NAT_NODE, &out, now);
	}
	struct nat_tuple flow = { 1, phone(), server(), 0, 0 };
	assert_int_equal(nat_find(n, &flow, m, 4), 2);
	assert_int_equal(m[0].outer.aport, 8);
	assert_true(nat_ours(n, &(struct nat_tuple){ 1, server(), node(), 7, 7 }));
	nat_free(&n);
}

static void what_finds_no_room_is_counted(void **state)
{
	(void)state;
	struct nat *n = table();
	for (uint32_t i = 0; i < NAT_MAPPINGS + 5; i++) {
		struct addr far = addr_v4(0xc6120000 + i / 1000);
		uint16_t port = (uint16_t)(1024 + i % 1000);
		struct nat_event in = event(phone(), port, space(), port, far, 9);
		nat_hear(n, NAT_SPACE, &in, now);
		struct nat_event out = event(space(), port, node(), port, far, 9);
		nat_hear(n, NAT_NODE, &out, now);
	}
	assert_true(nat_lost(n) >= 5);
	nat_free(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_a_kernel_said),
		cmocka_unit_test(a_cut_or_broken_event_is_refused),
		cmocka_unit_test(joins_both_translations_in_either_order),
		cmocka_unit_test(a_redirected_query_keeps_whom_it_asked),
		cmocka_unit_test(others_connections_are_not_ours),
		cmocka_unit_test(a_packet_of_either_direction_is_known_outside),
		cmocka_unit_test(a_connection_translated_anew_has_both_mappings),
		cmocka_unit_test(what_is_told_again_is_no_new_mapping),
		cmocka_unit_test(another_phone_port_may_follow_through_the_same_cable_port),
		cmocka_unit_test(echoes_of_a_phone_are_one_flow),
		cmocka_unit_test(what_finds_no_room_is_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
