// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "schedule/schedule.h"

static struct addr addr(const char *text)
{
	struct addr a;
	assert_int_equal(addr_read(span_text(text), &a), ERR_OK);
	return a;
}

static struct prefix prefix(const char *text)
{
	struct prefix p;
	assert_int_equal(prefix_read(span_text(text), &p), ERR_OK);
	return p;
}

static struct schedule_pool pool(void)
{
	return (struct schedule_pool){ prefix("198.19.0.0/16"), prefix("2001:db8:57::/48"), 52000,
				       1500 };
}

static struct schedule_run a_run(void)
{
	struct schedule_run r = {
		.serial = 12, .app = "threema", .length_ms = 12000, .messages = 2
	};
	r.pool = pool();
	r.start.ns = 1000;
	memset(&r.id, 7, sizeof(r.id));
	for (int s = 0; s < 2; s++) {
		struct schedule_side *side = &r.side[s];
		side->vantage.id = s + 1;
		snprintf(side->vantage.name, sizeof(side->vantage.name), "v%d", s + 1);
		side->vantage.address4 = addr(s == 0 ? "198.18.0.1" : "198.18.0.2");
		side->vantage.address6 = addr(s == 0 ? "2001:db8::1" : "2001:db8::2");
		memset(side->vantage.wireguard, 0x10 + s, 32);
		snprintf(side->phone.name, sizeof(side->phone.name), "p%d", s + 1);
		snprintf(side->phone.account, sizeof(side->phone.account), "acc%d", s + 1);
		side->phone.address4 = addr("192.168.7.2");
		snprintf(side->phone.gateway.name, sizeof(side->phone.gateway.name), "g%d", s + 1);
		memset(side->phone.gateway.wireguard, 0x20 + s, 32);
	}
	return r;
}

static void no_two_tunnels_of_neighbouring_runs_meet(void **state)
{
	(void)state;
	struct schedule_pool p = pool();
	struct addr seen[4000];
	size_t n = 0;
	for (uint64_t serial = 9000; serial < 10000; serial++)
		for (int side = 1; side <= 2; side++) {
			struct tunnel_order t;
			assert_int_equal(schedule_tunnel(&p, serial, side, &t), ERR_OK);
			assert_true(prefix_holds(p.tunnel4, t.vantage4));
			assert_true(prefix_holds(p.tunnel4, t.gateway4));
			assert_true(prefix_holds(p.tunnel6, t.gateway6));
			assert_in_range(t.port, 52000, 59999);
			seen[n++] = t.vantage4;
			seen[n++] = t.gateway4;
		}
	for (size_t i = 0; i < n; i++)
		for (size_t k = i + 1; k < n; k++)
			assert_false(addr_eq(seen[i], seen[k]));
}

static void the_pool_wraps_around(void **state)
{
	(void)state;
	struct schedule_pool p = pool();
	struct tunnel_order first, again;
	assert_int_equal(schedule_tunnel(&p, 1, 1, &first), ERR_OK);
	assert_int_equal(schedule_tunnel(&p, 1 + 8192, 1, &again), ERR_OK);
	assert_true(addr_eq(first.vantage4, again.vantage4));
	assert_false(addr_eq(first.vantage6, again.vantage6));
	assert_int_equal(schedule_tunnel(&p, UINT64_MAX, 2, &again), ERR_OK);
	assert_true(prefix_holds(p.tunnel4, again.gateway4));
}

static void a_pool_too_small_is_said(void **state)
{
	(void)state;
	struct schedule_pool p = pool();
	struct tunnel_order t;
	p.tunnel4 = prefix("198.19.0.0/31");
	assert_int_equal(schedule_tunnel(&p, 1, 1, &t), ERR_RANGE);
	p = pool();
	p.port_first = 60000;
	assert_int_equal(schedule_tunnel(&p, 1, 1, &t), ERR_RANGE);
}

static void both_ends_of_a_tunnel_agree(void **state)
{
	(void)state;
	struct schedule_run r = a_run();
	struct arena arena;
	struct order *v = test_malloc(sizeof(*v)), *g = test_malloc(sizeof(*g));
	arena_init(&arena, 1 << 20);
	assert_int_equal(schedule_order(&r, SCHEDULE_VANTAGE_2, &arena, v), ERR_OK);
	assert_int_equal(schedule_order(&r, SCHEDULE_GATEWAY_2, &arena, g), ERR_OK);
	assert_true(addr_eq(v->tunnel.vantage4, g->tunnel.vantage4));
	assert_true(addr_eq(v->tunnel.gateway6, g->tunnel.gateway6));
	assert_int_equal(v->tunnel.port, g->tunnel.port);
	assert_memory_equal(v->tunnel.peer_key, r.side[1].phone.gateway.wireguard, 32);
	assert_memory_equal(g->tunnel.peer_key, r.side[1].vantage.wireguard, 32);
	assert_true(addr_eq(g->tunnel.endpoint, r.side[1].vantage.address4));
	assert_int_equal(v->side, 2);
	assert_int_equal(v->target_count, 2);
	assert_true(addr_eq(v->targets[0].addr, r.side[0].vantage.address4));
	assert_int_equal(g->message_count, 4);
	assert_int_equal(g->messages[0].from_side, 1);
	assert_int_equal(g->messages[1].from_side, 2);
	assert_true(g->messages[3].offset_ms <= r.length_ms);
	assert_memory_equal(g->messages[3].id.at, "r12-m4", 6);
	arena_wipe(&arena);
	test_free(v);
	test_free(g);
}

static void a_self_pair_has_no_direct_path_and_an_empty_run_no_messages(void **state)
{
	(void)state;
	struct schedule_run r = a_run();
	struct arena arena;
	struct order *o = test_malloc(sizeof(*o));
	arena_init(&arena, 1 << 20);
	r.side[1].vantage = r.side[0].vantage;
	snprintf(r.app, sizeof(r.app), "none");
	assert_int_equal(schedule_order(&r, SCHEDULE_VANTAGE_1, &arena, o), ERR_OK);
	assert_int_equal(o->target_count, 0);
	assert_int_equal(schedule_order(&r, SCHEDULE_GATEWAY_1, &arena, o), ERR_OK);
	assert_int_equal(o->message_count, 0);
	arena_wipe(&arena);
	test_free(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_two_tunnels_of_neighbouring_runs_meet),
		cmocka_unit_test(the_pool_wraps_around),
		cmocka_unit_test(a_pool_too_small_is_said),
		cmocka_unit_test(both_ends_of_a_tunnel_agree),
		cmocka_unit_test(a_self_pair_has_no_direct_path_and_an_empty_run_no_messages),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
