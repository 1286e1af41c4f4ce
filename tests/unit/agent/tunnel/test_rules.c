// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tunnel/cable.h"
#include "tunnel/rules.h"

#include "unit/agent/tunnel/example.h"

#define V     "wmva0123456789a"
#define G     "wmga0123456789a"
#define H     "wmha0123456789a"
#define CHAIN "add chain inet waymark_"
#define RULE  "add rule inet waymark_"
#define MSS   "tcp flags syn tcp option maxseg size set"
#define PORT  "fib daddr type local udp dport 51820"
#define DNS   "meta l4proto { tcp, udp } th dport 53"

// clang-format off
static const char vantage_golden[] =
	"add table inet waymark_" V " { flags owner; }\n"
	CHAIN V " before { type nat hook prerouting priority -100; policy accept; }\n"
	CHAIN V " forward { type filter hook forward priority -150; policy accept; }\n"
	CHAIN V " after { type nat hook postrouting priority 100; policy accept; }\n"
	RULE V " forward oifname \"" V "\" meta nfproto ipv4 " MSS " 1380\n"
	RULE V " forward iifname \"" V "\" meta nfproto ipv4 " MSS " 1380\n"
	RULE V " forward oifname \"" V "\" meta nfproto ipv6 " MSS " 1360\n"
	RULE V " forward iifname \"" V "\" meta nfproto ipv6 " MSS " 1360\n"
	RULE V " before iifname \"" V "\" meta nfproto ipv4 " DNS " dnat ip to 198.18.4.53\n"
	RULE V " forward iifname \"" V "\" meta nfproto ipv6 " DNS " reject\n"
	RULE V " forward iifname \"" V "\" oifname != \"node0\" reject\n"
	RULE V " forward iifname \"node0\" oifname != \"" V "\" drop\n"
	RULE V " forward oifname \"" V "\" ct state new drop\n"
	RULE V " after iifname \"" V "\" masquerade\n"
	CHAIN V " input { type filter hook input priority 0; policy accept; }\n"
	RULE V " input iifname \"" V "\" ct state established,related accept\n"
	RULE V " input iifname \"" V "\" meta l4proto { icmp, ipv6-icmp } accept\n"
	RULE V " input iifname \"" V "\" " DNS " accept\n"
	RULE V " input iifname \"" V "\" drop\n";

static const char node_golden[] =
	"add table inet waymark_" V " { flags owner; }\n"
	CHAIN V " before { type nat hook prerouting priority -100; policy accept; }\n"
	CHAIN V " local { type nat hook output priority -100; policy accept; }\n"
	CHAIN V " after { type nat hook postrouting priority 100; policy accept; }\n"
	CHAIN V " zone { type filter hook prerouting priority -300; policy accept; }\n"
	RULE V " zone udp dport 51820 fib daddr type local ct zone set 51820\n"
	CHAIN V " zone_local { type filter hook output priority -300; policy accept; }\n"
	RULE V " zone_local udp dport 51820 fib daddr type local ct zone set 51820\n"
	RULE V " zone iifname \"" H "\" udp sport 51820 ct zone set 51820\n"
	RULE V " before meta nfproto ipv4 " PORT " dnat ip to 198.19.0.3\n"
	RULE V " local meta nfproto ipv4 " PORT " dnat ip to 198.19.0.3\n"
	RULE V " before meta nfproto ipv6 " PORT " dnat ip6 to 2001:db8::3\n"
	RULE V " local meta nfproto ipv6 " PORT " dnat ip6 to 2001:db8::3\n"
	CHAIN V " forward { type filter hook forward priority -150; policy accept; }\n"
	RULE V " forward iifname \"" H "\" ct direction reply accept\n"
	RULE V " forward iifname \"" H "\" ip daddr 198.18.4.53 accept\n"
	RULE V " forward iifname \"" H "\" oifname != \"eth0\" reject\n"
	RULE V " forward oifname \"" H "\" ct status dnat accept\n"
	RULE V " forward oifname \"" H "\" ct state new drop\n"
	RULE V " after iifname \"" H "\" masquerade\n"
	CHAIN V " input { type filter hook input priority 0; policy accept; }\n"
	RULE V " input iifname \"" H "\" ct state established,related accept\n"
	RULE V " input iifname \"" H "\" meta l4proto { icmp, ipv6-icmp } accept\n"
	RULE V " input iifname \"" H "\" " DNS " accept\n"
	RULE V " input iifname \"" H "\" drop\n";

static const char gateway_golden[] =
	"add table inet waymark_" G " { flags owner; }\n"
	CHAIN G " before { type nat hook prerouting priority -100; policy accept; }\n"
	RULE G " before iifname \"lan0\" meta nfproto ipv4 fib daddr type local " DNS
	" dnat ip to 198.19.0.1\n"
	RULE G " before iifname \"lan0\" meta nfproto ipv6 fib daddr type local " DNS
	" dnat ip6 to 2001:db8::1\n";
// clang-format on

static void check(const struct wr *w, const char *golden)
{
	assert_int_equal(w->err, ERR_OK);
	assert_int_equal(w->len, strlen(golden));
	assert_memory_equal(w->at, golden, w->len);
}

static void a_vantage_masquerades_and_sends_names_to_its_resolver(void **state)
{
	(void)state;
	uint8_t room[RULES_TEXT];
	struct wr w = wr_of(room, sizeof(room));
	struct tunnel_config c = example_config(TUNNEL_VANTAGE);
	rules_tunnel_write(&w, &c);
	check(&w, vantage_golden);
}

static void the_node_sends_its_port_into_the_space_and_the_phone_out(void **state)
{
	(void)state;
	uint8_t room[RULES_TEXT];
	struct wr w = wr_of(room, sizeof(room));
	struct tunnel_config c = example_config(TUNNEL_VANTAGE);
	struct cable k;
	cable_of(&c, &k);
	assert_string_equal(k.name, H);
	cable_rules_write(&w, &c, &k, 51820);
	check(&w, node_golden);
}

static void a_gateway_sends_on_what_it_is_asked_itself(void **state)
{
	(void)state;
	uint8_t room[RULES_TEXT];
	struct wr w = wr_of(room, sizeof(room));
	struct tunnel_config c = example_config(TUNNEL_GATEWAY);
	rules_tunnel_write(&w, &c);
	check(&w, gateway_golden);
}

static void lets_two_interfaces_speak_and_takes_it_back(void **state)
{
	(void)state;
	uint8_t room[RULES_TEXT];
	struct wr w = wr_of(room, sizeof(room));
	struct tunnel_config c = example_config(TUNNEL_GATEWAY);
	rules_pass_write(&w, &c);
	rules_block_write(&w, &c);
	check(&w,
	      "add element inet waymark_guard pass { \"lan0\" . \"" G "\", \"" G "\" . \"lan0\" }\n"
	      "delete element inet waymark_guard pass { \"lan0\" . \"" G "\", \"" G
	      "\" . \"lan0\" }\n");
}

static void the_guard_drops_by_policy_and_names_no_owner(void **state)
{
	(void)state;
	char room[RULES_TEXT];
	struct wr w = wr_of(room, sizeof(room));
	const char *const phones[] = { "lan0", "wlan0" };
	rules_guard_write(&w, phones, COUNT(phones));
	wr_u8(&w, 0);
	assert_int_equal(w.err, ERR_OK);
	assert_non_null(strstr(room, "hook forward priority -10; policy drop;"));
	assert_non_null(strstr(room, "add element inet waymark_guard phones { \"wlan0\" }\n"));
	assert_null(strstr(room, "owner"));
	// The pass comes before the drop, and the drop before what a vantage node forwards.
	const char *pass = strstr(room, "@pass accept");
	const char *drop = strstr(room, "iifname @phones drop");
	const char *vantage = strstr(room, "iifname \"wmh*\" accept");
	assert_true(pass != NULL && pass < drop && drop < vantage);
}

static void the_longest_configuration_fits(void **state)
{
	(void)state;
	uint8_t room[RULES_TEXT];
	struct wr w = wr_of(room, sizeof(room));
	const char *const inside[] = { "abcdefghijklmno" };
	struct tunnel_config c = example_config(TUNNEL_VANTAGE);
	strcpy(c.outside, inside[0]);
	c.resolver4 = example_addr("255.255.255.254");
	c.resolver6 = example_addr("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff");
	rules_guard_write(&w, inside, 1);
	rules_tunnel_write(&w, &c);
	assert_int_equal(w.err, ERR_OK);
	struct cable k;
	cable_of(&c, &k);
	w = wr_of(room, sizeof(room));
	cable_rules_write(&w, &c, &k, 65535);
	assert_int_equal(w.err, ERR_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vantage_masquerades_and_sends_names_to_its_resolver),
		cmocka_unit_test(the_node_sends_its_port_into_the_space_and_the_phone_out),
		cmocka_unit_test(a_gateway_sends_on_what_it_is_asked_itself),
		cmocka_unit_test(lets_two_interfaces_speak_and_takes_it_back),
		cmocka_unit_test(the_guard_drops_by_policy_and_names_no_owner),
		cmocka_unit_test(the_longest_configuration_fits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
