// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "capture/fragments.h"

#define WAITING 512 // packets whose fragments are all on their way at once

static struct ip_head packet(uint32_t id)
{
	return (struct ip_head){ .src = addr_v4(0xc6120001 + id % 7),
				 .dst = addr_v4(0xc6130001),
				 .proto = 17,
				 .id = id };
}

static void many_packets_in_fragments_do_not_push_one_another_out(void **state)
{
	(void)state;
	static struct fragments f;
	uint16_t sport, dport;
	for (uint32_t i = 0; i < WAITING; i++) {
		struct ip_head h = packet(i * 40503 % 65536);
		fragments_put(&f, &h, (uint16_t)(1000 + i), 53);
	}
	for (uint32_t i = 0; i < WAITING; i++) {
		struct ip_head h = packet(i * 40503 % 65536);
		assert_true(fragments_find(&f, &h, &sport, &dport));
		assert_int_equal(sport, 1000 + i);
		assert_int_equal(dport, 53);
	}
}

static void an_id_used_again_has_the_newer_ports(void **state)
{
	(void)state;
	static struct fragments f;
	uint16_t sport, dport;
	struct ip_head h = packet(9);
	fragments_put(&f, &h, 1, 2);
	fragments_put(&f, &h, 3, 4);
	assert_true(fragments_find(&f, &h, &sport, &dport));
	assert_int_equal(sport, 3);
	h.proto = 6;
	assert_false(fragments_find(&f, &h, &sport, &dport));
	assert_int_equal(sport + dport, 0);
}

static void the_oldest_of_too_many_goes(void **state)
{
	(void)state;
	static struct fragments f;
	uint16_t sport, dport;
	for (uint32_t i = 0; i < 4 * FRAGMENTS; i++) {
		struct ip_head h = packet(i);
		fragments_put(&f, &h, (uint16_t)i, 53);
	}
	struct ip_head first = packet(0), last = packet(4 * FRAGMENTS - 1);
	assert_false(fragments_find(&f, &first, &sport, &dport));
	assert_true(fragments_find(&f, &last, &sport, &dport));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_packets_in_fragments_do_not_push_one_another_out),
		cmocka_unit_test(an_id_used_again_has_the_newer_ports),
		cmocka_unit_test(the_oldest_of_too_many_goes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
