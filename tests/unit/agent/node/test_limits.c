// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/limits.h"

static const struct trace_limits all = {
	.first_ttl = 2,
	.max_ttl = 40,
	.attempts = 4,
	.gap = 6,
	.wait_ms = 1500,
	.share_s = 60,
	.again = 1,
	.tos = 184,
	.sport = 61007,
	.flow_label = 1,
	.pmtu = true,
};

static void an_order_that_says_nothing_leaves_the_engines_own(void **state)
{
	(void)state;
	const struct trace_target usual = TRACE_TARGET_DEFAULT;
	const struct mda_target usual_graph = MDA_TARGET_DEFAULT;
	const struct trace_limits none = { 0 };
	const struct graph_order graph = { 0 };
	struct trace_target t = usual;
	struct mda_target g = usual_graph;
	limits_trace(&none, TRACE_TRIES_MAX, &t);
	limits_graph(&none, &graph, TRACE_TRIES_MAX, &g);
	assert_int_equal(t.first_ttl, usual.first_ttl);
	assert_int_equal(t.max_ttl, usual.max_ttl);
	assert_int_equal(t.attempts, usual.attempts);
	assert_int_equal(t.again, usual.again);
	assert_int_equal(t.gap, usual.gap);
	assert_int_equal(t.wait_ns, usual.wait_ns);
	assert_int_equal(t.sport, 0);
	assert_int_equal(t.flow_label, TRACE_LABEL_AUTO);
	assert_int_equal(t.tos, 0);
	assert_int_equal(t.size, 0);
	assert_int_equal(g.flow_label, TRACE_LABEL_AUTO);
	assert_int_equal(g.probes_max, usual_graph.probes_max);
	assert_int_equal(g.attempts, usual_graph.attempts);
	assert_int_equal(g.wait_ns, usual_graph.wait_ns);
	assert_int_equal(g.mode, MDA_LITE);
}

static void a_trace_is_as_ordered(void **state)
{
	(void)state;
	struct trace_target t = TRACE_TARGET_DEFAULT;
	t.method = TRACE_UDP;
	limits_trace(&all, TRACE_TRIES_MAX, &t);
	assert_int_equal(t.first_ttl, 2);
	assert_int_equal(t.max_ttl, 40);
	assert_int_equal(t.attempts, 4);
	assert_int_equal(t.again, 0);
	assert_int_equal(t.gap, 6);
	assert_int_equal(t.wait_ns, 1500 * NS_PER_MS);
	assert_int_equal(t.share_ns, 60 * NS_PER_S);
	assert_int_equal(t.tos, 184);
	assert_int_equal(t.sport, 61007);
	assert_int_equal(t.flow_label, 0);
	assert_int_equal(t.size, TRACE_SIZE_MAX);
	t.method = TRACE_QUIC;
	limits_trace(&all, TRACE_TRIES_MAX, &t);
	assert_int_equal(t.size, 0);
}

static void a_graph_is_as_ordered(void **state)
{
	(void)state;
	const struct graph_order order = { GRAPH_FULL, 990000, 500 };
	struct mda_target g = MDA_TARGET_DEFAULT;
	limits_graph(&all, &order, TRACE_TRIES_MAX, &g);
	assert_int_equal(g.first_ttl, 2);
	assert_int_equal(g.max_ttl, 40);
	assert_int_equal(g.sport_first, 61007);
	assert_int_equal(g.flow_label, 0);
	assert_int_equal(g.tos, 184);
	assert_int_equal(g.probes_max, 500);
	assert_int_equal(g.mode, MDA_FULL);
	assert_true(g.risk > 0.0099 && g.risk < 0.0101);
}

static void a_node_that_allows_less_sends_less(void **state)
{
	(void)state;
	const struct trace_limits none = { 0 };
	const struct graph_order graph = { 0 };
	struct trace_target t = TRACE_TARGET_DEFAULT;
	struct mda_target g = MDA_TARGET_DEFAULT;
	limits_trace(&none, 4, &t);
	assert_int_equal(t.attempts, 3);
	assert_int_equal(t.again, 1);
	limits_trace(&none, 2, &t);
	limits_graph(&none, &graph, 2, &g);
	assert_int_equal(t.attempts, 2);
	assert_int_equal(t.again, 0);
	assert_int_equal(g.attempts, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_order_that_says_nothing_leaves_the_engines_own),
		cmocka_unit_test(a_trace_is_as_ordered),
		cmocka_unit_test(a_graph_is_as_ordered),
		cmocka_unit_test(a_node_that_allows_less_sends_less),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
