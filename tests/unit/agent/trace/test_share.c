// SPDX-License-Identifier: Apache-2.0
//
// A tree of routers behind one node, traced by many traces that learn from one another.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/macro.h"
#include "trace/probe.h"
#include "trace/share.h"
#include "trace/trace.h"
#include "wire/ip.h"

#define TARGETS  64
#define ROUTERS  6 // before each target
#define HOPS     (ROUTERS + 1)
#define RTT_NS   (10 * NS_PER_MS)
#define PER_NET  16
#define MINUTE   (60 * NS_PER_S)
#define ASK_ONCE 1
#define IN_TURN  8 // probes

// What a trace said of one TTL.
struct told {
	struct addr addr;
	bool borrowed;
	uint64_t from;
	uint32_t age_ms;
};

struct world {
	struct trace_engine *engine;
	struct mono now;
	bool balanced; // the third router differs from flow to flow
	uint8_t silent;
	uint8_t routers;
	struct told told[TARGETS + 1][HOPS + 4];
	uint32_t sent, seen;
	size_t borrowed;
};

static struct addr target_addr(uint64_t i)
{
	return addr_v4(0xc6130000u | (uint32_t)(i / PER_NET) << 8 | (uint32_t)(i % PER_NET + 1));
}

// The first three routers are everybody's, the next two a network's, the last a target's own.
static struct addr router(const struct world *w, uint64_t i, unsigned ttl)
{
	uint32_t branch = ttl <= 3 ? 0 : ttl <= 5 ? (uint32_t)(i / PER_NET) + 1 : (uint32_t)i + 100;
	if (w->balanced && ttl == 3)
		branch = (uint32_t)(i & 1);
	return addr_v4(0xc6120000u | branch << 4 | ttl);
}

static void answer(struct world *w, const struct trace_probe *p)
{
	uint64_t i = (uint64_t)(p->dst.bytes[2] * PER_NET + p->dst.bytes[3] - 1);
	bool end = p->ttl > w->routers;
	struct trace_reply r = {
		.kind = end ? TRACE_HEARD_UNREACHABLE : TRACE_HEARD_EXPIRED,
		.from = end ? p->dst : router(w, i, p->ttl),
		.ttl = (uint8_t)(64 - (end ? w->routers : p->ttl - 1)),
		.icmp_type = end ? 3 : 11,
		.icmp_code = end ? 3 : 0,
		.src = p->src,
		.dst = p->dst,
		.proto = IP_UDP,
		.sport = p->sport,
		.dport = p->dport,
		.quoted = true,
		.quoted_ttl = 1,
		.quoted_id = p->ip_id,
		.check = p->check,
		.has_check = true,
		.has_token = true,
		.cookie = p->cookie,
		.serial = p->ref.serial,
	};
	if (!end && p->ttl == w->silent)
		return;
	assert_true(trace_hear(w->engine, w->now, w->now, &r));
}

static void note(struct world *w, const struct trace_record *r)
{
	struct told *told = w->told[r->id];
	size_t probe = 0;
	assert_int_equal(trace_check(r), ERR_OK);
	assert_int_equal(r->stop, TRACE_REACHED);
	assert_int_equal(r->first_ttl, 1);
	for (size_t hop = 0; hop < r->tries.len; hop++) {
		told[hop + 1] = (struct told){ 0 };
		for (size_t k = 0; k < r->tries.at[hop]; k++, probe++)
			if (r->ref.at[probe] != 0)
				told[hop + 1].addr = addr_of(
					span_cut(r->addrs, (r->ref.at[probe] - 1u) * 4u, 4));
		for (size_t b = 0; b < r->borrowed_count; b++)
			if (r->borrowed_probe[b] == probe - 1) {
				assert_int_equal(r->mark.at[probe - 1], TRACE_BORROWED);
				told[hop + 1].borrowed = true;
				told[hop + 1].from = r->borrowed_from[b];
				told[hop + 1].age_ms = r->borrowed_age_ms[b];
			}
	}
	w->borrowed += r->borrowed_count;
	w->sent += r->probes_sent;
	w->seen++;
}

// Every answer comes RTT_NS after its probe, all probes of a turn together.
static void run(struct world *w)
{
	struct trace_probe wire[IN_TURN];
	struct trace_record record;
	while (trace_count(w->engine) > 0) {
		size_t count = 0;
		enum trace_want want;
		trace_tick(w->engine, w->now);
		while (count < COUNT(wire) &&
		       (want = trace_next(w->engine, &wire[count], &record)) != TRACE_NOTHING) {
			if (want == TRACE_FINISHED)
				note(w, &record);
			else
				count++;
		}
		struct mono due = trace_due(w->engine);
		struct mono back = mono_add(w->now, RTT_NS);
		if (count > 0)
			w->now = back;
		else if (due.ns != INT64_MAX && mono_before(w->now, due))
			w->now = due;
		for (size_t i = 0; i < count; i++)
			answer(w, &wire[i]);
	}
}

static void ask(struct world *w, uint64_t i, int64_t share_ns)
{
	struct trace_target t = TRACE_TARGET_DEFAULT;
	t.tag = i + 1;
	t.method = TRACE_UDP;
	t.src = addr_v4(0xc6120001);
	t.dst = target_addr(i);
	t.dport = 33434;
	t.attempts = ASK_ONCE;
	t.spacing_ns = 0;
	t.share_ns = share_ns;
	assert_int_equal(trace_put(w->engine, w->now, &t), ERR_OK);
}

static struct world *begin(bool share)
{
	static struct world w;
	const struct trace_config c = { .traces = TARGETS,
					.sport_first = 61000,
					.sport_count = TARGETS,
					.seed = { 5, 6 },
					.share = share };
	w = (struct world){ .now = { NS_PER_S }, .routers = ROUTERS };
	w.engine = trace_new(&c);
	assert_non_null(w.engine);
	return &w;
}

static void end(struct world *w)
{
	trace_free(&w->engine);
}

// Every hop is the truth, and what was borrowed was asked by the trace it names.
static void is_true(struct world *w, uint64_t i)
{
	for (unsigned ttl = 1; ttl <= w->routers; ttl++) {
		const struct told *told = &w->told[i + 1][ttl];
		if (ttl == w->silent) {
			assert_int_equal(told->addr.family, 0);
			continue;
		}
		assert_true(addr_eq(told->addr, router(w, i, ttl)));
		if (!told->borrowed)
			continue;
		const struct told *source = &w->told[told->from][ttl];
		assert_false(source->borrowed);
		assert_true(addr_eq(source->addr, told->addr));
	}
	assert_true(addr_eq(w->told[i + 1][w->routers + 1].addr, target_addr(i)));
}

static void borrows_near_hops_and_they_are_true(void **state)
{
	struct world *w = begin(true);
	(void)state;
	for (uint64_t i = 0; i < TARGETS; i++) {
		ask(w, i, MINUTE);
		run(w);
	}
	for (uint64_t i = 0; i < TARGETS; i++)
		is_true(w, i);
	assert_int_equal(w->seen, TARGETS);
	assert_int_equal(w->borrowed, trace_counts(w->engine).borrowed);
	// The first of a network asks about what is its network's, the others three: target, own
	// router, and the one where the ways meet.
	assert_true(w->sent <= TARGETS * 3 + (TARGETS / PER_NET) * 2 + HOPS + 4);
	assert_true(w->borrowed >= TARGETS * 3);
	end(w);
}

static void borrows_while_others_are_under_way(void **state)
{
	struct world *w = begin(true);
	(void)state;
	for (uint64_t i = 0; i < TARGETS; i++)
		ask(w, i, MINUTE);
	run(w);
	for (uint64_t i = 0; i < TARGETS; i++)
		is_true(w, i);
	assert_true(w->borrowed > 0);
	end(w);
}

static void asks_for_its_own_when_told_so(void **state)
{
	struct world *w = begin(true);
	(void)state;
	for (uint64_t i = 0; i < TARGETS; i++) {
		ask(w, i, 0);
		run(w);
		is_true(w, i);
	}
	assert_int_equal(w->borrowed, 0);
	// How far a network is is known after its first trace: only that goes past its target.
	assert_in_range(w->sent, TARGETS * HOPS, TARGETS * HOPS + (TARGETS / PER_NET) * 4);
	end(w);
}

static void does_not_borrow_what_is_too_old(void **state)
{
	struct world *w = begin(true);
	(void)state;
	ask(w, 0, MINUTE);
	run(w);
	w->now = mono_add(w->now, 2 * MINUTE);
	ask(w, 1, MINUTE);
	run(w);
	assert_int_equal(w->borrowed, 0);
	w->now = mono_add(w->now, MINUTE / 2);
	ask(w, 2, MINUTE);
	run(w);
	assert_int_equal(w->borrowed, 4);
	for (unsigned ttl = 1; ttl <= 4; ttl++) {
		assert_int_equal(w->told[3][ttl].from, 2);
		assert_in_range(w->told[3][ttl].age_ms, 30000, 31000);
	}
	end(w);
}

// Both ways through the balancer were seen: what lies before the router behind it is not lent.
static void does_not_borrow_past_a_balancer(void **state)
{
	struct world *w = begin(true);
	(void)state;
	w->balanced = true;
	ask(w, 0, 0);
	run(w);
	ask(w, 1, 0);
	run(w);
	for (uint64_t i = 2; i < TARGETS; i++) {
		ask(w, i, MINUTE);
		run(w);
	}
	// Targets of the first network: hop 4 was seen behind both branches.
	for (uint64_t i = 0; i < PER_NET; i++)
		is_true(w, i);
	for (uint64_t i = 2; i < PER_NET; i++)
		assert_false(w->told[i + 1][3].borrowed);
	end(w);
}

static void does_not_borrow_over_a_silent_hop(void **state)
{
	struct world *w = begin(true);
	(void)state;
	w->silent = 2;
	for (uint64_t i = 0; i < 8; i++) {
		ask(w, i, MINUTE);
		run(w);
		is_true(w, i);
	}
	for (unsigned ttl = 2; ttl <= ROUTERS; ttl++)
		for (uint64_t i = 0; i < 8; i++)
			assert_false(w->told[i + 1][ttl].borrowed);
	end(w);
}

// The first guess lies behind it: the TTL of its answer tells how far it is.
static void a_near_target_costs_little_more(void **state)
{
	struct world *w = begin(true);
	(void)state;
	w->routers = 2;
	ask(w, 0, MINUTE);
	run(w);
	is_true(w, 0);
	assert_int_equal(w->sent, 4); // the guess, the target, two routers
	ask(w, 1, MINUTE);            // its network's distance is known
	run(w);
	is_true(w, 1);
	assert_int_equal(w->sent, 6); // the target, the router before it, which is known
	end(w);
}

// Nothing is sent past where the target should be.
static void a_known_distance_bounds_what_is_sent(void **state)
{
	struct world *w = begin(false);
	struct trace_probe p;
	struct trace_record r;
	size_t sent = 0;
	(void)state;
	for (uint8_t distance = 0; distance <= 3; distance += 3) {
		struct trace_target t = TRACE_TARGET_DEFAULT;
		t.method = TRACE_UDP;
		t.src = addr_v4(0xc6120001);
		t.dst = target_addr(distance);
		t.dport = 33434;
		t.attempts = 1;
		t.spacing_ns = 0;
		t.distance = distance;
		assert_int_equal(trace_put(w->engine, w->now, &t), ERR_OK);
		trace_tick(w->engine, w->now);
		for (sent = 0; trace_next(w->engine, &p, &r) == TRACE_SEND; sent++)
			assert_true(distance == 0 || p.ttl <= distance);
		assert_int_equal(sent, distance == 0 ? t.gap : distance);
		trace_stop(w->engine);
		while (trace_next(w->engine, &p, &r) == TRACE_FINISHED)
			continue;
	}
	end(w);
}

// The first probes of many traces go to several hops, and what the first hop has to wait for does
// not hold up the others.
static void first_probes_are_spread_and_the_first_hop_is_spared(void **state)
{
	const struct pace_limits limits = { .first = 100, .burst_s = 0.01, .targets = 64 };
	struct pace *pace = pace_new(&limits);
	const struct trace_config c = { .traces = TARGETS,
					.sport_first = 61000,
					.sport_count = TARGETS,
					.seed = { 5, 6 },
					.pace = pace };
	struct trace_engine *e = trace_new(&c);
	struct trace_target t = TRACE_TARGET_DEFAULT;
	struct trace_probe p;
	struct trace_record r;
	unsigned first[TRACE_SPREAD + 1] = { 0 }, at_first_hop = 0, all = 0;
	bool seen[TARGETS] = { false };
	(void)state;
	t.method = TRACE_UDP;
	t.src = addr_v4(0xc6120001);
	t.dport = 33434;
	t.attempts = 1;
	t.spacing_ns = 0;
	t.spread = TRACE_SPREAD;
	for (uint64_t i = 0; i < TARGETS; i++) {
		t.dst = target_addr(i);
		assert_int_equal(trace_put(e, (struct mono){ NS_PER_S }, &t), ERR_OK);
	}
	trace_tick(e, (struct mono){ NS_PER_S });
	while (trace_next(e, &p, &r) == TRACE_SEND) {
		if (!seen[p.ref.slot])
			first[p.ttl]++;
		seen[p.ref.slot] = true;
		at_first_hop += p.ttl == 1;
		all++;
	}
	assert_in_range(at_first_hop, 1, 2);
	assert_int_equal(all, at_first_hop + TARGETS * (t.gap - 1u));
	for (unsigned ttl = 2; ttl <= TRACE_SPREAD; ttl++)
		assert_in_range(first[ttl], 5, 40);
	trace_tick(e, (struct mono){ NS_PER_S + NS_PER_S / 2 });
	assert_int_equal(trace_next(e, &p, &r), TRACE_SEND);
	assert_int_equal(p.ttl, 1);
	trace_free(&e);
	pace_free(&pace);
}

// Nothing but the first hop may be asked, and that has enough: it waits.
static void one_hop_waits_for_the_first_hop(void **state)
{
	const struct pace_limits limits = { .first = 100, .burst_s = 0.01, .targets = 64 };
	struct pace *pace = pace_new(&limits);
	const struct trace_config c = {
		.traces = 4, .sport_first = 61000, .sport_count = 4, .seed = { 5, 6 }, .pace = pace
	};
	struct trace_engine *e = trace_new(&c);
	struct trace_target t = TRACE_TARGET_DEFAULT;
	struct trace_probe p;
	struct trace_record r;
	unsigned sent = 0;
	(void)state;
	t.method = TRACE_UDP;
	t.src = addr_v4(0xc6120001);
	t.dport = 33434;
	t.max_ttl = 1;
	t.spread = TRACE_SPREAD;
	for (uint64_t i = 0; i < 4; i++) {
		t.dst = target_addr(i);
		assert_int_equal(trace_put(e, (struct mono){ NS_PER_S }, &t), ERR_OK);
	}
	trace_tick(e, (struct mono){ NS_PER_S });
	while (trace_next(e, &p, &r) == TRACE_SEND)
		sent++;
	assert_in_range(sent, 1, 2);
	assert_true(trace_due(e).ns > NS_PER_S);
	trace_free(&e);
	pace_free(&pace);
}

static void forgets_the_oldest_when_full(void **state)
{
	const uint64_t seed[2] = { 1, 2 };
	struct trace_share s;
	struct share_hop hop = { .ttl = 1, .from = 7, .at = { NS_PER_S } }, got;
	(void)state;
	assert_int_equal(share_init(&s, seed), ERR_OK);
	for (uint32_t i = 0; i < 3 * SHARE_ROUTERS; i++) {
		hop.addr = addr_v4(i);
		share_put(&s, &hop);
		assert_true(share_find(&s, hop.at, 0, hop.addr, 1, &got));
		assert_int_equal(got.from, 7);
	}
	assert_false(share_find(&s, hop.at, 0, addr_v4(1), 1, &got));
	assert_false(share_find(&s, hop.at, 0, hop.addr, 2, &got));
	share_wipe(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(borrows_near_hops_and_they_are_true),
		cmocka_unit_test(borrows_while_others_are_under_way),
		cmocka_unit_test(asks_for_its_own_when_told_so),
		cmocka_unit_test(does_not_borrow_what_is_too_old),
		cmocka_unit_test(does_not_borrow_past_a_balancer),
		cmocka_unit_test(does_not_borrow_over_a_silent_hop),
		cmocka_unit_test(a_near_target_costs_little_more),
		cmocka_unit_test(a_known_distance_bounds_what_is_sent),
		cmocka_unit_test(first_probes_are_spread_and_the_first_hop_is_spared),
		cmocka_unit_test(one_hop_waits_for_the_first_hop),
		cmocka_unit_test(forgets_the_oldest_when_full),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
