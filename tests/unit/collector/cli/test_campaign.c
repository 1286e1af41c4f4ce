// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/campaign.h"

static struct campaign_task *begin_next(struct campaign *c, struct campaign_task *const *running,
					size_t slots)
{
	struct campaign_task *t = campaign_next(c, running, slots);
	if (t != NULL)
		campaign_begin(c, t);
	return t;
}

static void every_unordered_pair_comes_once_for_each_app(void **state)
{
	(void)state;
	struct campaign c;
	bool seen[2][5][5] = { 0 };
	assert_int_equal(campaign_new(5, 2, NULL, 0, &c), ERR_OK);
	assert_int_equal(c.count, 2 * 15);
	struct campaign_task *t;
	while ((t = begin_next(&c, NULL, 0)) != NULL) {
		assert_true(t->a <= t->b);
		assert_false(seen[t->app][t->a][t->b]);
		seen[t->app][t->a][t->b] = true;
	}
	campaign_wipe(&c);
}

static void the_apps_take_turns_within_a_pair(void **state)
{
	(void)state;
	struct campaign c;
	assert_int_equal(campaign_new(3, 4, NULL, 0, &c), ERR_OK);
	for (size_t i = 0; i < c.count; i++) {
		assert_int_equal(c.tasks[i].app, i % 4);
		assert_int_equal(c.tasks[i].a, c.tasks[i / 4 * 4].a);
		assert_int_equal(c.tasks[i].b, c.tasks[i / 4 * 4].b);
	}
	campaign_wipe(&c);
}

static void a_region_keeps_to_itself(void **state)
{
	(void)state;
	struct campaign c;
	const int64_t regions[] = { 150, 19, 150 };
	assert_int_equal(campaign_new(3, 1, regions, 0, &c), ERR_OK);
	assert_int_equal(c.count, 4); // 0-0 0-2 1-1 2-2
	for (size_t i = 0; i < c.count; i++)
		assert_int_equal(regions[c.tasks[i].a], regions[c.tasks[i].b]);
	campaign_wipe(&c);
}

static void prefers_runs_whose_nodes_are_free(void **state)
{
	(void)state;
	struct campaign c;
	assert_int_equal(campaign_new(3, 1, NULL, 0, &c), ERR_OK);
	struct campaign_task *running[2] = { begin_next(&c, NULL, 0), NULL }; // 0-0
	struct campaign_task *t = begin_next(&c, running, 2);
	assert_int_equal(t->a, 1);
	assert_int_equal(t->b, 1);
	campaign_wipe(&c);
}

static void takes_what_is_left_when_none_is_free(void **state)
{
	(void)state;
	struct campaign c;
	assert_int_equal(campaign_new(1, 2, NULL, 0, &c), ERR_OK);
	struct campaign_task *running[1] = { begin_next(&c, NULL, 0) };
	assert_ptr_equal(begin_next(&c, running, 1), &c.tasks[1]);
	assert_null(begin_next(&c, running, 1));
	campaign_wipe(&c);
}

static void what_failed_is_tried_again_after_all_others(void **state)
{
	(void)state;
	struct campaign c;
	assert_int_equal(campaign_new(2, 1, NULL, 1, &c), ERR_OK); // 0-0 0-1 1-1
	assert_ptr_equal(begin_next(&c, NULL, 0), &c.tasks[0]);
	assert_true(campaign_fail(&c, &c.tasks[0]));
	assert_int_equal(c.begun, 0);
	assert_ptr_equal(begin_next(&c, NULL, 0), &c.tasks[1]);
	struct campaign_task *running[1] = { &c.tasks[1] };
	assert_ptr_equal(begin_next(&c, running, 1), &c.tasks[2]); // though 1 is not free
	assert_ptr_equal(begin_next(&c, NULL, 0), &c.tasks[0]);
	assert_false(campaign_fail(&c, &c.tasks[0]));
	assert_int_equal(c.begun, c.count);
	assert_null(begin_next(&c, NULL, 0));
	campaign_wipe(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_unordered_pair_comes_once_for_each_app),
		cmocka_unit_test(the_apps_take_turns_within_a_pair),
		cmocka_unit_test(a_region_keeps_to_itself),
		cmocka_unit_test(prefers_runs_whose_nodes_are_free),
		cmocka_unit_test(takes_what_is_left_when_none_is_free),
		cmocka_unit_test(what_failed_is_tried_again_after_all_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
