// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tunnel/cable.h"
#include "tunnel/record.h"
#include "tunnel/route.h"

#include "unit/agent/tunnel/example.h"

#define G "wmga0123456789a"
#define H "wmha0123456789a"

static void check(const struct wr *w, const char *golden)
{
	assert_int_equal(w->err, ERR_OK);
	assert_int_equal(w->len, strlen(golden));
	assert_memory_equal(w->at, golden, w->len);
}

static void a_vantage_routes_the_phone_into_the_tunnel(void **state)
{
	(void)state;
	uint8_t room[ROUTE_TEXT];
	struct wr w = wr_of(room, sizeof(room));
	struct tunnel_config c = example_config(TUNNEL_VANTAGE);
	route_write(&w, &c, 4);
	route_write(&w, &c, 6);
	check(&w, "link set dev wmva0123456789a mtu 1420 up\n"
		  "addr add 198.19.0.1 peer 198.19.0.2 dev wmva0123456789a\n"
		  "route add 198.18.71.2/32 dev wmva0123456789a\n"
		  "addr add 2001:db8::1 peer 2001:db8::2 dev wmva0123456789a nodad\n"
		  "route add 2001:db8:71::/64 dev wmva0123456789a\n");
}

static void a_cable_leads_from_the_node_into_the_space(void **state)
{
	(void)state;
	uint8_t room[CABLE_TEXT];
	struct wr w = wr_of(room, sizeof(room));
	struct tunnel_config c = example_config(TUNNEL_VANTAGE);
	struct cable k;
	c.inner6 = (struct tunnel_inner){ 0 };
	cable_of(&c, &k);
	cable_node_write(&w, &k, "/proc/1/fd/9");
	cable_space_write(&w, &k);
	check(&w, "link add " H " address 02:57:4d:00:00:01 type veth peer name node0 address "
		  "02:57:4d:00:00:02 netns /proc/1/fd/9\n"
		  "link set dev " H " up\n"
		  "addr add 198.19.0.0/32 dev " H "\n"
		  "route add 198.19.0.3/32 dev " H "\n"
		  "neigh add 198.19.0.3 lladdr 02:57:4d:00:00:02 dev " H " nud permanent\n"
		  "link set dev lo up\n"
		  "link set dev node0 up\n"
		  "addr add 198.19.0.3/32 dev node0\n"
		  "route add 198.19.0.0/32 dev node0\n"
		  "neigh add 198.19.0.0 lladdr 02:57:4d:00:00:01 dev node0 nud permanent\n"
		  "route add 0.0.0.0/0 via 198.19.0.0 dev node0\n");
	w = wr_of(room, sizeof(room));
	route_undo_write(&w, &c, 4);
	route_undo_write(&w, &c, 6);
	check(&w, "link del dev " H "\n");
}

static void only_the_phone_enters_a_gateways_tunnel_and_a_wall_stands_behind(void **state)
{
	(void)state;
	uint8_t room[ROUTE_TEXT];
	char golden[1024];
	struct wr w = wr_of(room, sizeof(room));
	struct tunnel_config c = example_config(TUNNEL_GATEWAY);
	unsigned int table = tunnel_table(c.name);
	c.mtu = 1280;
	route_write(&w, &c, 4);
	snprintf(golden, sizeof(golden),
		 "link set dev " G " mtu 1280 up\n"
		 "addr add 198.19.0.2 peer 198.19.0.1 dev " G "\n"
		 "route add unreachable 0.0.0.0/0 table %u metric 9999\n"
		 "rule add pref 5700 iif lan0 from 198.18.71.2/32 lookup %u\n"
		 "route add 0.0.0.0/0 dev " G " table %u metric 1\n",
		 table, table, table);
	check(&w, golden);
}

static void a_family_not_carried_meets_the_wall(void **state)
{
	(void)state;
	uint8_t room[ROUTE_TEXT];
	char golden[1024];
	struct wr w = wr_of(room, sizeof(room));
	struct tunnel_config c = example_config(TUNNEL_GATEWAY);
	unsigned int table = tunnel_table(c.name);
	c.inner6 = (struct tunnel_inner){ 0 };
	route_write(&w, &c, 6);
	snprintf(golden, sizeof(golden),
		 "route add unreachable ::/0 table %u metric 9999\n"
		 "rule add pref 5700 iif lan0 from 2001:db8:71::/64 lookup %u\n",
		 table, table);
	check(&w, golden);
}

static void a_record_gives_back_processes_and_undo_lines(void **state)
{
	(void)state;
	uint8_t room[RECORD_TEXT], part[RECORD_TEXT];
	char golden[1024];
	struct wr w = wr_of(room, sizeof(room)), p = wr_of(part, sizeof(part));
	struct tunnel_config c = example_config(TUNNEL_GATEWAY);
	struct record in = { { 100, 1234567 }, { 101, 1234568 } }, out;
	unsigned int table = tunnel_table(c.name);
	record_write(&w, &c, &in);
	assert_int_equal(w.err, ERR_OK);
	assert_int_equal(record_read(wr_span(&w), &out), ERR_OK);
	assert_memory_equal(&in, &out, sizeof(in));
	record_part(wr_span(&w), "ip6", &p);
	snprintf(golden, sizeof(golden),
		 "rule del pref 5700 iif lan0 from 2001:db8:71::/64 lookup %u\n"
		 "route del unreachable ::/0 table %u metric 9999\n",
		 table, table);
	check(&p, golden);
	p = wr_of(part, sizeof(part));
	record_part(wr_span(&w), "nft", &p);
	check(&p, "delete element inet waymark_guard pass { \"lan0\" . \"" G "\", \"" G
		  "\" . \"lan0\" }\n");
}

static void a_record_holds_no_key(void **state)
{
	(void)state;
	char room[RECORD_TEXT];
	struct wr w = wr_of(room, sizeof(room));
	struct tunnel_config c = example_config(TUNNEL_GATEWAY);
	record_write(&w, &c, &(struct record){ { 1, 1 }, { 0, 0 } });
	wr_u8(&w, 0);
	assert_null(strstr(room, "1111111111"));
	assert_null(strstr(room, "2222222222"));
}

static void refuses_what_is_no_record(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"",
		"ip4 rule del\n",
		"owner\n",
		"owner 0 5\n",
		"owner x 5\n",
		"owner 5 -1\n",
		"owner 5 5 5\n",
		"owner 5 5\nsudo rm\n",
	};
	struct record r;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(record_read(span_text(bad[i]), &r), ERR_FORMAT);
}

static void finds_the_start_time_behind_any_name(void **state)
{
	(void)state;
	uint64_t start = 0;
	const char *stat = "42 (a) b (c)) S 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 98765 "
			   "1000 200\n";
	assert_int_equal(record_stat_read(span_text(stat), &start), ERR_OK);
	assert_int_equal(start, 98765);
	assert_int_equal(record_stat_read(span_text("42 (a) S 1"), &start), ERR_FORMAT);
	assert_int_equal(record_stat_read(span_text(""), &start), ERR_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vantage_routes_the_phone_into_the_tunnel),
		cmocka_unit_test(a_cable_leads_from_the_node_into_the_space),
		cmocka_unit_test(only_the_phone_enters_a_gateways_tunnel_and_a_wall_stands_behind),
		cmocka_unit_test(a_family_not_carried_meets_the_wall),
		cmocka_unit_test(a_record_gives_back_processes_and_undo_lines),
		cmocka_unit_test(a_record_holds_no_key),
		cmocka_unit_test(refuses_what_is_no_record),
		cmocka_unit_test(finds_the_start_time_behind_any_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
