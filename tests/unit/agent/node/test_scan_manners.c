// SPDX-License-Identifier: Apache-2.0
//
// Orders of one node at once: its configuration bounds them together. Here the test is the node.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/scan_manners.h"

struct node {
	struct loop *loop;
	struct node_config config;
	struct scan_share share;
};

struct loop *node_loop(const struct node *n)
{
	return n->loop;
}

const struct node_config *node_config(const struct node *n)
{
	return &n->config;
}

struct scan_share *node_scan_share(struct node *n)
{
	return &n->share;
}

#define SCANS 4

static struct node node;
static struct scan_manners scans[SCANS];

static void set_up(uint64_t each, size_t count)
{
	struct fault f;
	const struct order o = { .rate = (uint32_t)each };
	node = (struct node){
		.config = { .scan_rate = 1000, .scan_rate_target = 20, .scan_rate_net = 50 }
	};
	assert_int_equal(scan_share_open(&node.share, &node.config, &f), ERR_OK);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(scan_manners_open(&node, &o, true, &scans[i], &f), ERR_OK);
}

static void tear_down(size_t count)
{
	for (size_t i = 0; i < count; i++)
		scan_manners_close(&scans[i]);
	assert_int_equal(node.share.used, 0);
	scan_share_close(&node.share);
}

// How many packets the first COUNT scans send in ten seconds to HOSTS addresses of one network.
static unsigned in_ten_seconds(size_t count, uint32_t hosts)
{
	unsigned sent = 0;
	struct mono until;
	for (int64_t ms = 0; ms < 10000; ms++)
		for (size_t i = 0; i < count; i++)
			for (uint32_t h = 0; h < hosts; h++)
				sent += pace_ask(scans[i].pace,
						 (struct mono){ NS_PER_S + ms * NS_PER_MS },
						 addr_v4(0xc6120001 + h), &until) == PACE_GO;
	return sent;
}

static void orders_at_once_keep_the_rate_to_one_address(void **state)
{
	(void)state;
	for (size_t count = 1; count <= SCANS; count++) {
		set_up(250, count);
		assert_in_range(in_ten_seconds(count, 1), 190, 201);
		tear_down(count);
	}
}

static void orders_at_once_keep_the_rate_to_one_network(void **state)
{
	(void)state;
	for (size_t count = 1; count <= SCANS; count++) {
		set_up(250, count);
		assert_in_range(in_ten_seconds(count, 10), 490, 501);
		tear_down(count);
	}
}

static void an_order_that_comes_later_finds_what_was_spent(void **state)
{
	(void)state;
	struct fault f;
	struct mono now = { NS_PER_S }, until;
	const struct order o = { .rate = 100 };
	set_up(100, 1);
	assert_int_equal(pace_ask(scans[0].pace, now, addr_v4(0xc6120001), &until), PACE_GO);
	scan_manners_close(&scans[0]);
	assert_int_equal(scan_manners_open(&node, &o, true, &scans[0], &f), ERR_OK);
	assert_int_equal(pace_ask(scans[0].pace, now, addr_v4(0xc6120001), &until), PACE_WAIT);
	tear_down(1);
}

static void the_rate_of_all_is_cut_up_and_given_back(void **state)
{
	(void)state;
	struct fault f;
	const struct order o = { .rate = 0 };
	set_up(600, 2); // the second has what the first left
	assert_int_equal(scans[0].rate, 600);
	assert_int_equal(scans[1].rate, 400);
	assert_int_equal(scan_manners_open(&node, &o, true, &scans[2], &f), ERR_AGAIN);
	scan_manners_close(&scans[0]);
	assert_int_equal(scan_manners_open(&node, &o, true, &scans[0], &f), ERR_OK);
	assert_int_equal(scans[0].rate, 600);
	tear_down(2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders_at_once_keep_the_rate_to_one_address),
		cmocka_unit_test(orders_at_once_keep_the_rate_to_one_network),
		cmocka_unit_test(an_order_that_comes_later_finds_what_was_spent),
		cmocka_unit_test(the_rate_of_all_is_cut_up_and_given_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
