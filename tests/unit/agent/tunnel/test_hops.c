// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tunnel/hops.h"
#include "tunnel/rules.h"

#include "unit/agent/tunnel/example.h"

static void write_hops(const struct tunnel_config *c, char room[static RULES_TEXT])
{
	struct wr w = wr_of(room, RULES_TEXT);
	hops_write(&w, c);
	wr_u8(&w, 0);
	assert_int_equal(w.err, ERR_OK);
}

static void a_gateway_gives_one_hop_back_to_its_phone_alone(void **state)
{
	(void)state;
	char room[RULES_TEXT];
	struct tunnel_config c = example_config(TUNNEL_GATEWAY);
	write_hops(&c, room);
	assert_non_null(strstr(room, "{ ip ttl 64 ip ttl set 65 return; "));
	assert_non_null(strstr(room, "ip6 hoplimit 1 ip6 hoplimit set 2 return; "));
	assert_non_null(strstr(room, "iifname \"lan0\" ip saddr 198.18.71.2/32 jump raise; "));
	assert_non_null(strstr(room, "iifname \"lan0\" ip6 saddr 2001:db8:71::/64 jump raise; "));
	assert_non_null(strstr(room, "iifname \"wmga0123456789a\" jump raise; "));
}

static void a_vantage_gives_the_phone_two_back(void **state)
{
	(void)state;
	char room[RULES_TEXT];
	struct tunnel_config c = example_config(TUNNEL_VANTAGE);
	c.inner6 = (struct tunnel_inner){ 0 };
	write_hops(&c, room);
	assert_non_null(strstr(room, "{ ip ttl 64 ip ttl set 65 return; "));
	assert_non_null(strstr(room, "iifname \"wmva0123456789a\" jump raise; iifname "
				     "\"wmva0123456789a\" jump raise; iifname \"node0\" jump "
				     "raise; }"));
	assert_null(strstr(room, "hoplimit"));
}

static void a_node_gives_what_comes_back_its_own(void **state)
{
	(void)state;
	char room[RULES_TEXT];
	struct tunnel_config c = example_config(TUNNEL_VANTAGE);
	struct cable k;
	struct wr w = wr_of(room, sizeof(room));
	cable_of(&c, &k);
	hops_node_write(&w, &c, &k);
	wr_u8(&w, 0);
	assert_int_equal(w.err, ERR_OK);
	assert_non_null(strstr(room, "ip ttl 1 ip ttl set 2 return; "));
	assert_non_null(strstr(room, "iifname \"eth0\" ct direction reply ct original ip saddr "));
	assert_non_null(strstr(room, "iifname \"eth0\" ct direction reply ct original ip6 saddr "));
}

// Neighbour discovery takes a packet with 255 for one of this link.
static void nothing_becomes_255(void **state)
{
	(void)state;
	char room[RULES_TEXT];
	struct tunnel_config c = example_config(TUNNEL_VANTAGE);
	write_hops(&c, room);
	assert_null(strstr(room, "set 255"));
	assert_non_null(strstr(room, "ip6 hoplimit 253 ip6 hoplimit set 254 return; "));
	assert_null(strstr(room, "hoplimit 254 "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_gateway_gives_one_hop_back_to_its_phone_alone),
		cmocka_unit_test(a_vantage_gives_the_phone_two_back),
		cmocka_unit_test(a_node_gives_what_comes_back_its_own),
		cmocka_unit_test(nothing_becomes_255),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
