// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plan/plan.h"

#define NOW_S 1795000000LL

static struct seal_secret operator_secret, stranger;
static struct seal_public operator_public;
static struct plan_policy policy;
static struct plan *plan;
static struct order order;
static struct target target;
static uint8_t body[4096], sealed[8192], signature[SEAL_SIGNATURE_SIZE];
static size_t sealed_len;

static struct wall at(int64_t seconds)
{
	return (struct wall){ (NOW_S + seconds) * NS_PER_S };
}

static int setup(void **state)
{
	(void)state;
	assert_int_equal(seal_start(NULL), ERR_OK);
	seal_make(&operator_secret, &operator_public);
	seal_make(&stranger, &(struct seal_public){ 0 });
	policy = (struct plan_policy){
		.node = "de1",
		.operator_count = 1,
		.allow_trace = true,
		.max_length_ms = 60000,
		.max_targets = 4,
		.max_attempts = 3,
		.sport_first = 61000,
		.sport_last = 61015,
	};
	memcpy(policy.operators[0], operator_public.sign, SEAL_KEY_SIZE);
	assert_int_equal(prefix_read(span_text("198.18.9.0/24"), &policy.deny[policy.deny_count++]),
			 ERR_OK);
	target = (struct target){ .addr = addr_v4(0xc6120101), .method = TRACE_ICMP };
	order = (struct order){
		.id = { { 1 } },
		.serial = 100,
		.audience = { span_text("fr1"), span_text("de1") },
		.audience_count = 2,
		.not_before = at(-10),
		.expires = at(60),
		.kind = ORDER_TRACE,
		.targets = &target,
		.target_count = 1,
	};
	return plan_new(&policy, 50, &plan) == ERR_OK ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	plan_free(&plan);
	return 0;
}

static void seal_with(const struct seal_secret *secret, const struct seal_public *named)
{
	struct wr w = wr_of(body, sizeof(body));
	assert_int_equal(order_write(&w, &order), ERR_OK);
	seal_sign(SEAL_ORDER, wr_span(&w), secret, signature);
	const struct signed_order s = {
		.body = wr_span(&w),
		.key = span_of(named->sign, SEAL_KEY_SIZE),
		.signature = span_of(signature, sizeof(signature)),
	};
	struct wr out = wr_of(sealed, sizeof(sealed));
	assert_int_equal(signed_order_write(&out, &s), ERR_OK);
	sealed_len = out.len;
}

static enum order_state hear(bool *repeat)
{
	struct plan_verdict v;
	bool again;
	plan_hear(plan, at(0), span_of(sealed, sealed_len), &v, repeat != NULL ? repeat : &again);
	return v.state;
}

static enum order_state hear_order(void)
{
	seal_with(&operator_secret, &operator_public);
	return hear(NULL);
}

static void accepts_what_its_operator_signed(void **state)
{
	(void)state;
	bool expired = true;
	assert_int_equal(hear_order(), ORDER_ACCEPTED);
	assert_int_equal(plan_serial(plan), 100);
	const struct order *o = plan_next(plan, at(0), &expired);
	assert_non_null(o);
	assert_false(expired);
	assert_int_equal(o->target_count, 1);
	assert_true(addr_eq(o->targets[0].addr, target.addr));
	assert_null(plan_next(plan, at(0), &expired));
	plan_done(plan, &order.id);
}

static void refuses_a_strangers_signature(void **state)
{
	(void)state;
	seal_with(&stranger, &operator_public);
	assert_int_equal(hear(NULL), ORDER_REFUSED_SIGNATURE);
	struct seal_public other;
	seal_public_of(&stranger, &other);
	seal_with(&stranger, &other);
	assert_int_equal(hear(NULL), ORDER_REFUSED_SIGNATURE);
	assert_int_equal(plan_waiting(plan), 0);
}

static void refuses_every_flipped_bit(void **state)
{
	(void)state;
	seal_with(&operator_secret, &operator_public);
	for (size_t i = 0; i < sealed_len * 8; i++) {
		sealed[i / 8] = (uint8_t)(sealed[i / 8] ^ 1 << i % 8);
		enum order_state verdict = hear(NULL);
		assert_true(verdict >= ORDER_REFUSED_SIGNATURE);
		sealed[i / 8] = (uint8_t)(sealed[i / 8] ^ 1 << i % 8);
	}
	assert_int_equal(hear(NULL), ORDER_ACCEPTED);
}

static void refuses_an_order_for_others(void **state)
{
	(void)state;
	order.audience_count = 1;
	assert_int_equal(hear_order(), ORDER_REFUSED_AUDIENCE);
}

static void refuses_a_serial_that_does_not_rise(void **state)
{
	(void)state;
	order.serial = 50;
	assert_int_equal(hear_order(), ORDER_REFUSED_SERIAL);
	order.serial = 51;
	assert_int_equal(hear_order(), ORDER_ACCEPTED);
	order.id.bytes[0] = 2;
	assert_int_equal(hear_order(), ORDER_REFUSED_SERIAL);
}

static void an_order_offered_again_changes_nothing(void **state)
{
	(void)state;
	bool repeat = false;
	assert_int_equal(hear_order(), ORDER_ACCEPTED);
	assert_int_equal(hear(&repeat), ORDER_ACCEPTED);
	assert_true(repeat);
	assert_int_equal(plan_waiting(plan), 1);
}

static void refuses_what_has_expired_or_starts_too_late(void **state)
{
	(void)state;
	order.expires = at(0);
	assert_int_equal(hear_order(), ORDER_REFUSED_EXPIRED);
	order.expires = at(3 * PLAN_AHEAD_S);
	order.not_before = at(PLAN_AHEAD_S + 1);
	assert_int_equal(hear_order(), ORDER_REFUSED_EXPIRED);
}

static void hands_out_an_order_only_when_its_time_has_come(void **state)
{
	(void)state;
	bool expired;
	order.not_before = at(30);
	assert_int_equal(hear_order(), ORDER_ACCEPTED);
	assert_null(plan_next(plan, at(29), &expired));
	assert_int_equal(plan_due(plan).ns, at(30).ns);
	assert_non_null(plan_next(plan, at(30), &expired));
	assert_false(expired);
}

static void says_when_an_order_expired_while_it_waited(void **state)
{
	(void)state;
	bool expired = false;
	assert_int_equal(hear_order(), ORDER_ACCEPTED);
	assert_non_null(plan_next(plan, at(60), &expired));
	assert_true(expired);
}

static void policy_cannot_be_loosened_from_afar(void **state)
{
	(void)state;
	target.addr = addr_v4(0xc6120905);
	assert_int_equal(hear_order(), ORDER_REFUSED_DENIED);
	target.addr = addr_v4(0xc6120105);
	order.limits.attempts = 4;
	assert_int_equal(hear_order(), ORDER_REFUSED_RATE);
	order.limits.attempts = 3;
	order.limits.again = 2; // one more
	assert_int_equal(hear_order(), ORDER_REFUSED_RATE);
	order.limits.again = 1;
	order.limits.sport = 60999;
	assert_int_equal(hear_order(), ORDER_REFUSED_KIND);
	order.limits.sport = 61016;
	assert_int_equal(hear_order(), ORDER_REFUSED_KIND);
	order.limits.sport = 61015;
	struct target five[5] = { target, target, target, target, target };
	order.targets = five;
	order.target_count = 5;
	assert_int_equal(hear_order(), ORDER_REFUSED_RATE);
	order.target_count = 4;
	assert_int_equal(hear_order(), ORDER_ACCEPTED);
}

static void a_kind_not_allowed_is_refused(void **state)
{
	(void)state;
	order.kind = ORDER_VANTAGE;
	order.side = 1;
	order.app = span_text("threema");
	order.start = at(1);
	order.length_ms = 1000;
	order.tunnel.port = 52000;
	order.tunnel.vantage4 = addr_v4(0xc6138001);
	order.tunnel.gateway4 = addr_v4(0xc6138002);
	order.tunnel.phone4 = addr_v4(0xc613010a);
	assert_int_equal(hear_order(), ORDER_REFUSED_KIND);
}

static void make_scan(enum order_kind kind, uint32_t rate)
{
	static struct path_wish paths[7];
	static struct fetch_order pages[3];
	order.id.bytes[1]++;
	order.serial++;
	order.kind = kind;
	order.rate = rate;
	order.dns = (struct dns_order){ .resolvers4 = span_text("\306\22\1\1\306\22\1\2"),
					.domains = span_text("a.example\nb.example\nc.example") };
	order.discover = (struct discover_order){
		.prefixes4 = span_of("\306\22\1\0\37", 5), // a /31
		.control = span_text("c.example"),
	};
	for (size_t i = 0; i < COUNT(pages); i++)
		pages[i] = (struct fetch_order){ .addr = addr_v4(0xc6120101),
						 .domain = span_text("a.example"),
						 .role = PAGE_TEST };
	order.fetches = pages;
	order.fetch_count = COUNT(pages);
	for (size_t i = 0; i < COUNT(paths); i++)
		paths[i] = (struct path_wish){ addr_v4(0xc6120101), span_text("a.example") };
	order.path = (struct path_order){ .wishes = paths,
					  .count = 6,
					  .control = span_text("c.example") };
}

static void scans_keep_to_kinds_rates_and_sizes(void **state)
{
	(void)state;
	static const enum order_kind kinds[] = { ORDER_DNS, ORDER_DISCOVER, ORDER_FETCH,
						 ORDER_PATH };
	for (size_t i = 0; i < COUNT(kinds); i++) {
		make_scan(kinds[i], 10);
		assert_int_equal(hear_order(), ORDER_REFUSED_KIND);
	}
	plan_free(&plan);
	policy.allow_dns = policy.allow_discover = policy.allow_fetch = true;
	policy.scan_rate = 100;
	policy.max_scan = 6;
	assert_int_equal(plan_new(&policy, 50, &plan), ERR_OK);
	for (size_t i = 0; i < COUNT(kinds); i++) {
		make_scan(kinds[i], 101);
		assert_int_equal(hear_order(), ORDER_REFUSED_RATE);
		make_scan(kinds[i], 100);
		assert_int_equal(hear_order(), ORDER_ACCEPTED);
	}
	make_scan(ORDER_DNS, 1);
	order.dns.repetitions = 2; // twelve pairs
	assert_int_equal(hear_order(), ORDER_REFUSED_RATE);
	make_scan(ORDER_PATH, 1);
	order.path.count = 7;
	assert_int_equal(hear_order(), ORDER_REFUSED_RATE);
	make_scan(ORDER_DISCOVER, 1);
	order.discover.prefixes4 = span_of("\306\22\1\0\35", 5); // a /29
	assert_int_equal(hear_order(), ORDER_REFUSED_RATE);
	order.discover.prefixes4 = span_of("\0\0\0\0\0", 5);
	assert_int_equal(hear_order(), ORDER_REFUSED_RATE);
}

// What was accepted before the process ended waits again, and what was begun does not expire.
static void what_was_accepted_waits_again(void **state)
{
	(void)state;
	bool expired, begun;
	struct wr w = wr_of(body, sizeof(body));
	assert_int_equal(order_write(&w, &order), ERR_OK);
	assert_int_equal(plan_again(plan, wr_span(&w), true), ERR_OK);
	order.id.bytes[0]++;
	order.serial++;
	w = wr_of(body, sizeof(body));
	assert_int_equal(order_write(&w, &order), ERR_OK);
	assert_int_equal(plan_again(plan, wr_span(&w), false), ERR_OK);
	assert_int_equal(plan_again(plan, span_text("no order"), false), ERR_FORMAT);
	size_t known = 0, had_begun = 0;
	for (size_t i = 0; i < PLAN_SLOTS; i++) {
		bool has = plan_at(plan, i, &begun) != NULL;
		known += has;
		had_begun += has && begun;
	}
	assert_int_equal(known, 2);
	assert_int_equal(had_begun, 1);
	const struct order *o = plan_next(plan, at(3600), &expired);
	assert_non_null(o);
	assert_int_equal(o->serial, 100);
	assert_false(expired);
	o = plan_next(plan, at(3600), &expired);
	assert_int_equal(o->serial, 101);
	assert_true(expired);
	assert_null(plan_next(plan, at(3600), &expired));
	bool repeat = false;
	seal_with(&operator_secret, &operator_public);
	assert_int_equal(hear(&repeat), ORDER_ACCEPTED); // offered again: known
	assert_true(repeat);
}

static void bytes_that_are_no_order_are_refused(void **state)
{
	(void)state;
	memset(sealed, 0xff, 64);
	sealed_len = 64;
	assert_int_equal(hear(NULL), ORDER_REFUSED_UNREADABLE);
	sealed_len = 0;
	assert_true(hear(NULL) >= ORDER_REFUSED_SIGNATURE);
}

static void past_its_bound_it_says_it_is_busy(void **state)
{
	(void)state;
	order.not_before = at(30);
	for (int i = 0; i < PLAN_WAITING; i++) {
		order.id.bytes[0] = (uint8_t)i;
		order.id.bytes[1] = 1;
		order.serial++;
		assert_int_equal(hear_order(), ORDER_ACCEPTED);
	}
	order.id.bytes[1] = 2;
	order.serial++;
	assert_int_equal(hear_order(), ORDER_REFUSED_BUSY);
}

static struct plan_verdict hear_withdrawal(const struct seal_secret *by)
{
	struct plan_verdict v;
	struct seal_public public;
	bool repeat;
	seal_public_of(by, &public);
	seal_with(by, &public);
	plan_hear(plan, at(0), span_of(sealed, sealed_len), &v, &repeat);
	assert_false(repeat);
	return v;
}

// Whatever the policy allows, and however many wait.
static void what_takes_orders_back_is_handed_over_at_once(void **state)
{
	(void)state;
	static uint8_t ids[2 * RUN_ID_SIZE];
	order.not_before = at(30);
	for (int i = 0; i < PLAN_WAITING; i++) {
		order.id.bytes[1] = (uint8_t)i;
		order.serial++;
		assert_int_equal(hear_order(), ORDER_ACCEPTED);
	}
	memcpy(ids, order.id.bytes, RUN_ID_SIZE);
	struct run_id named = order.id, unknown = { { 9 } };
	order.id = unknown;
	order.kind = ORDER_WITHDRAW;
	order.withdraw = span_of(ids, sizeof(ids));
	order.serial++;
	struct plan_verdict v = hear_withdrawal(&operator_secret);
	assert_int_equal(v.state, ORDER_ACCEPTED);
	assert_non_null(v.withdraw);
	assert_memory_equal(v.withdraw->withdraw.at, ids, sizeof(ids));
	assert_int_equal(plan_serial(plan), order.serial);
	assert_int_equal(plan_waiting(plan), PLAN_WAITING);
	assert_false(plan_withdrawn(plan, &named));
	assert_true(plan_withdraw(plan, &named));
	assert_true(plan_withdrawn(plan, &named));
	assert_false(plan_withdraw(plan, &unknown));
	plan_done(plan, &named);
	assert_false(plan_withdrawn(plan, &named));
	assert_null(plan_find(plan, &named));
}

static void what_takes_orders_back_is_checked_like_any_order(void **state)
{
	(void)state;
	order.kind = ORDER_WITHDRAW;
	order.withdraw = span_of(order.id.bytes, RUN_ID_SIZE);
	struct plan_verdict v = hear_withdrawal(&stranger);
	assert_int_equal(v.state, ORDER_REFUSED_SIGNATURE);
	assert_null(v.withdraw);
	assert_int_equal(hear_withdrawal(&operator_secret).state, ORDER_ACCEPTED);
	v = hear_withdrawal(&operator_secret); // played again
	assert_int_equal(v.state, ORDER_REFUSED_SERIAL);
	assert_null(v.withdraw);
	order.serial++;
	order.audience_count = 1;
	assert_int_equal(hear_withdrawal(&operator_secret).state, ORDER_REFUSED_AUDIENCE);
	order.audience_count = 2;
	order.expires = at(-1);
	assert_int_equal(hear_withdrawal(&operator_secret).state, ORDER_REFUSED_EXPIRED);
	assert_int_equal(plan_serial(plan), 100);
}

#define WITH_PLAN(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PLAN(accepts_what_its_operator_signed),
		WITH_PLAN(refuses_a_strangers_signature),
		WITH_PLAN(refuses_every_flipped_bit),
		WITH_PLAN(refuses_an_order_for_others),
		WITH_PLAN(refuses_a_serial_that_does_not_rise),
		WITH_PLAN(an_order_offered_again_changes_nothing),
		WITH_PLAN(refuses_what_has_expired_or_starts_too_late),
		WITH_PLAN(hands_out_an_order_only_when_its_time_has_come),
		WITH_PLAN(says_when_an_order_expired_while_it_waited),
		WITH_PLAN(policy_cannot_be_loosened_from_afar),
		WITH_PLAN(a_kind_not_allowed_is_refused),
		WITH_PLAN(scans_keep_to_kinds_rates_and_sizes),
		WITH_PLAN(what_was_accepted_waits_again),
		WITH_PLAN(bytes_that_are_no_order_are_refused),
		WITH_PLAN(past_its_bound_it_says_it_is_busy),
		WITH_PLAN(what_takes_orders_back_is_handed_over_at_once),
		WITH_PLAN(what_takes_orders_back_is_checked_like_any_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
