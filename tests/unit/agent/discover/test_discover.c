// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "discover/discover.h"
#include "wire/dns.h"

static struct space space;
static const struct wall wall = { 1000 };
static const uint64_t seed[2] = { 1, 2 };

static struct discover_config config(void)
{
	struct discover_config c = {
		.right = { addr_v4(0xc6123201) },
		.right_count = 1,
		.tries = 2,
		.sweep_tries = 1,
		.wait_ns = NS_PER_S,
		.rounds = 2,
		.round_ns = NS_PER_S,
		.ports = 2,
		.parallel = 1000,
		.seed = { 7, 8 },
	};
	assert_int_equal(dns_name_read(span_text("scan.example."), &c.control), ERR_OK);
	return c;
}

// The question come back as an answer with one address.
static struct span answer(struct span question, uint32_t addr, uint8_t out[static 512])
{
	struct wr w = wr_of(out, 512);
	wr_bytes(&w, question);
	wr_u16(&w, 0xc00c);
	wr_u16(&w, 1);
	wr_u16(&w, 1);
	wr_u32(&w, 60);
	wr_u16(&w, 4);
	wr_u32(&w, addr);
	out[2] |= 0x80;
	out[7] = 1;
	return wr_span(&w);
}

struct sums {
	unsigned sent, records, usable, silent, wrong, refused;
};

static uint8_t told[65536]; // how often a record came, by the end of the address

// Half of the addresses answer, every fourth wrongly.
static struct sums play_for(struct discover *d, struct mono *now, int turns)
{
	struct sums s = { 0 };
	for (int turn = 0; turn < turns && !discover_done(d); turn++) {
		struct discover_want w;
		discover_tick(d, *now);
		while (discover_next(d, *now, wall, &w) != DISCOVER_NOTHING) {
			uint8_t room[512];
			if (w.kind == DISCOVER_RECORD) {
				assert_int_equal(resolver_check(w.record), ERR_OK);
				s.records++;
				told[w.record->addr.bytes[2] << 8 | w.record->addr.bytes[3]]++;
				s.usable += w.record->state == RESOLVER_USABLE;
				s.silent += w.record->state == RESOLVER_SILENT;
				s.wrong += w.record->state == RESOLVER_WRONG;
				s.refused += w.record->state == RESOLVER_REFUSED;
				continue;
			}
			s.sent++;
			if ((w.to.bytes[3] & 1) == 0)
				continue;
			struct discover_heard h = {
				.port = w.port, .from = w.to, .from_port = 53, .ttl = 9
			};
			h.message =
				answer(w.message,
				       (w.to.bytes[3] & 3) == 3 ? 0xc6123202 : 0xc6123201, room);
			discover_hear(d, mono_add(*now, NS_PER_MS), wall, &h);
		}
		*now = mono_add(*now, 50 * NS_PER_MS);
	}
	return s;
}

static struct sums play(struct discover *d, struct mono *now)
{
	return play_for(d, now, 100000);
}

// Broken off again and again without a word; each time the next goes on from the last checkpoint.
static void a_sweep_goes_on_from_its_place(void **state)
{
	(void)state;
	struct discover_config c = config();
	struct prefix p;
	struct mono now = { NS_PER_S };
	uint64_t place = 0;
	c.parallel = 40;
	memset(told, 0, sizeof(told));
	assert_int_equal(prefix_read(span_text("198.18.0.0/22"), &p), ERR_OK);
	assert_int_equal(space_init(&space, &p, 1, seed), ERR_OK);
	bool done = false;
	for (int part = 0; part < 100 && !done; part++) {
		struct discover *d = discover_new(&c);
		discover_sweep(d, &space, place);
		(void)play_for(d, &now, 100);
		assert_true(discover_place(d) > place);
		place = discover_place(d);
		done = discover_done(d);
		discover_free(&d);
		assert_true(part > 0 || !done);
	}
	assert_true(done);
	assert_int_equal(place, 1024);
	for (unsigned i = 0; i < 1024; i++)
		assert_true((told[i] > 0) == ((i & 1) != 0));
}

// Stopped again and again while questions wait for their network's turn or for their answers.
static void a_sweep_that_was_stopped_leaves_nothing_out(void **state)
{
	(void)state;
	struct discover_config c = config();
	const struct pace_limits limits = { .net = 20, .burst_s = 0.1, .targets = 4096 };
	struct prefix p;
	struct mono now = { NS_PER_S };
	c.pace = pace_new(&limits);
	memset(told, 0, sizeof(told));
	assert_int_equal(prefix_read(span_text("198.18.0.0/22"), &p), ERR_OK);
	assert_int_equal(space_init(&space, &p, 1, seed), ERR_OK);
	uint64_t next = 0;
	for (int part = 0; part < 200 && next < 1024; part++) {
		struct discover *d = discover_new(&c);
		discover_sweep(d, &space, next);
		struct sums s = play_for(d, &now, 100);
		discover_stop(d);
		struct sums rest = play_for(d, &now, 1);
		assert_int_equal(rest.sent, 0);
		assert_in_range(discover_counts(d).swept, 1, s.sent);
		next = discover_counts(d).next;
		discover_free(&d);
	}
	assert_int_equal(next, 1024);
	for (unsigned i = 0; i < 1024; i++)
		assert_true((told[i] > 0) == ((i & 1) != 0));
	pace_free(&c.pace);
}

static void a_sweep_is_accounted_for(void **state)
{
	(void)state;
	struct discover_config c = config();
	struct prefix p;
	struct mono now = { NS_PER_S };
	assert_int_equal(prefix_read(span_text("198.18.0.0/16"), &p), ERR_OK);
	assert_int_equal(space_init(&space, &p, 1, seed), ERR_OK);
	struct discover *d = discover_new(&c);
	discover_sweep(d, &space, 0);
	struct sums s = play(d, &now);
	struct discover_counts k = discover_counts(d);
	assert_true(discover_done(d));
	assert_int_equal(k.swept, 65536);
	assert_int_equal(k.next, 65536);
	assert_int_equal(s.records, 32768);
	assert_int_equal(s.usable, 16384);
	assert_int_equal(s.wrong, 16384);
	assert_int_equal(s.sent, 65536 + 32768); // and a second round of who answered
	assert_int_equal(k.strange, 0);
	discover_free(&d);
}

static void a_list_is_told_whole(void **state)
{
	(void)state;
	struct discover_config c = config();
	struct mono now = { NS_PER_S };
	const struct pace_limits limits = { .targets = 1024 };
	struct prefix deny;
	c.pace = pace_new(&limits);
	assert_int_equal(prefix_read(span_text("198.18.0.16/28"), &deny), ERR_OK);
	assert_int_equal(pace_put(c.pace, deny), ERR_OK);
	struct discover *d = discover_new(&c);
	for (uint32_t i = 0; i < 64; i++)
		assert_int_equal(discover_put(d, now, wall, addr_v4(0xc6120000 + i), RESOLVER_TEST),
				 ERR_OK);
	struct sums s = play(d, &now);
	assert_int_equal(s.records, 64);
	assert_int_equal(s.refused, 16);
	assert_int_equal(s.silent, 24);
	assert_int_equal(s.usable, 12);
	assert_int_equal(s.sent, 24 * 2 + 24 * 2); // twice the silent, two rounds of the others
	discover_free(&d);
	pace_free(&c.pace);
}

static enum resolver_round round_after(struct discover *d, struct mono now,
				       const struct discover_heard *change, bool unreachable)
{
	struct discover_want w, again;
	uint8_t room[512];
	assert_int_equal(discover_put(d, now, wall, addr_v4(0xc6120001), RESOLVER_CONTROL), ERR_OK);
	assert_int_equal(discover_next(d, now, wall, &w), DISCOVER_SEND);
	struct discover_heard h = { .port = w.port, .from = w.to, .from_port = 53 };
	h.message = answer(w.message, 0xc6123201, room);
	if (change != NULL) {
		h.port = change->port != 0 ? w.port ^ 1 : h.port;
		h.from_port = change->from_port != 0 ? change->from_port : h.from_port;
		room[0] ^= change->ttl;
		if (change->message.len > 0)
			room[14] ^= 1; // another name
	}
	if (unreachable)
		discover_unreachable(d, now, w.port, w.message);
	else
		discover_hear(d, now, wall, &h);
	discover_stop(d);
	assert_int_equal(discover_next(d, now, wall, &again), DISCOVER_RECORD);
	assert_int_equal(again.record->role, RESOLVER_CONTROL);
	enum resolver_round r = again.record->rounds == 0
					? ROUND_UNKNOWN
					: (enum resolver_round)again.record->round_outcome.at[0];
	assert_int_equal(discover_next(d, now, wall, &again), DISCOVER_NOTHING);
	assert_true(discover_done(d));
	return r;
}

static void only_answers_to_our_questions_count(void **state)
{
	(void)state;
	struct discover_config c = config();
	struct mono now = { NS_PER_S };
	struct discover *d = discover_new(&c);
	assert_int_equal(round_after(d, now, NULL, false), ROUND_RIGHT);
	assert_int_equal(round_after(d, now, NULL, true), ROUND_UNREACHABLE);
	assert_int_equal(round_after(d, now, &(struct discover_heard){ .port = 1 }, false),
			 ROUND_UNKNOWN);
	assert_int_equal(round_after(d, now, &(struct discover_heard){ .from_port = 54 }, false),
			 ROUND_UNKNOWN);
	assert_int_equal(round_after(d, now, &(struct discover_heard){ .ttl = 1 }, false),
			 ROUND_UNKNOWN);
	assert_int_equal(
		round_after(d, now, &(struct discover_heard){ .message = span_text("x") }, false),
		ROUND_UNKNOWN);
	assert_int_equal(discover_counts(d).strange, 4);
	discover_free(&d);
}

// What a made-up resolver says to a question of one type; empty: no records.
struct says {
	uint16_t type, flags; // flags: into the header's second word
	struct span data;
};

static struct span reply(struct span question, const struct says *s, uint8_t out[static 512])
{
	struct wr w = wr_of(out, 512);
	wr_bytes(&w, question);
	if (s->data.len > 0) {
		wr_u16(&w, 0xc00c);
		wr_u16(&w, s->type);
		wr_u16(&w, 1);
		wr_u32(&w, 60);
		wr_u16(&w, (uint16_t)s->data.len);
		wr_bytes(&w, s->data);
		out[7] = 1;
	}
	out[2] = (uint8_t)(out[2] | 0x80 | s->flags >> 8);
	out[3] = (uint8_t)(out[3] | s->flags);
	return wr_span(&w);
}

static uint16_t type_of(struct span message)
{
	struct dns_walk walk;
	struct dns_question q;
	assert_int_equal(dns_walk_init(&walk, message), ERR_OK);
	assert_true(dns_question_next(&walk, &q));
	return q.type;
}

// One resolver, who knows the control name and says SAYS to anything else, until its record.
static const struct resolver_record *talk(struct discover *d, struct addr a,
					  const struct says *says, size_t count)
{
	static struct discover_want w;
	struct mono now = { NS_PER_S };
	assert_int_equal(discover_put(d, now, wall, a, RESOLVER_TEST), ERR_OK);
	for (int i = 0; i < 1000; i++) {
		discover_tick(d, now);
		if (discover_next(d, now, wall, &w) == DISCOVER_RECORD)
			return w.record;
		uint8_t room[512];
		struct says what = { .type = w.kind == DISCOVER_SEND ? type_of(w.message) : 0 };
		struct discover_heard h = { .port = w.port, .from = w.to, .from_port = 53 };
		now = mono_add(now, 50 * NS_PER_MS);
		if (w.kind != DISCOVER_SEND)
			continue;
		for (size_t k = 0; k < count; k++)
			if (says[k].type == what.type)
				what = says[k];
		h.message = w.message.at[13] == 's' ? answer(w.message, 0xc6123201, room)
						    : reply(w.message, &what, room);
		discover_hear(d, now, wall, &h);
	}
	return NULL;
}

static struct addr addr(const char *text)
{
	struct addr a = { 0 };
	assert_int_equal(addr_read(span_text(text), &a), ERR_OK);
	return a;
}

static void check_class(const char *resolver, const struct says *says, enum resolver_class class,
			size_t egress4, size_t egress6)
{
	struct discover_config c = config();
	assert_int_equal(dns_name_read(span_text("whoami.example."), &c.whoami), ERR_OK);
	struct discover *d = discover_new(&c);
	const struct resolver_record *r = talk(d, addr(resolver), says, 1);
	assert_non_null(r);
	assert_int_equal(r->state, RESOLVER_USABLE);
	assert_int_equal(r->class, class);
	assert_int_equal(r->egress4.len, egress4 * 4);
	assert_int_equal(r->egress6.len, egress6 * 16);
	discover_free(&d);
}

// A zone tells who asks in the record that holds such an address, or as text.
static void who_asks_is_looked_for_in_every_type(void **state)
{
	(void)state;
	static const uint8_t other[] = "\306\22\115\5", near[] = "\306\22\1\115";
	static const uint8_t six[] = "\x20\1\15\270\0\0\0\0\0\0\0\0\0\0\0\11";
	const struct says a = { DNS_A, 0, span_of(other, 4) };
	const struct says itself = { DNS_A, 0, span_of(near, 4) };
	const struct says aaaa = { DNS_AAAA, 0, span_of(six, 16) };
	const struct says txt = { DNS_TXT, 0,
				  span_text("\x0b"
					    "198.18.77.5") };
	check_class("198.18.1.1", &a, RESOLVER_FORWARDER, 1, 0);
	check_class("198.18.1.1", &itself, RESOLVER_RECURSIVE, 1, 0);
	check_class("198.18.1.1", &txt, RESOLVER_FORWARDER, 1, 0);
	check_class("2001:db8::1", &aaaa, RESOLVER_RECURSIVE, 0, 1);
	check_class("2001:db8:77::1", &aaaa, RESOLVER_FORWARDER, 0, 1);
	// Who asks by the other family may be himself or another.
	check_class("198.18.1.1", &aaaa, RESOLVER_CLASS_UNKNOWN, 0, 1);
	check_class("2001:db8::1", &a, RESOLVER_CLASS_UNKNOWN, 1, 0);
}

static void check_rule(const struct says *ptr, const char *rule)
{
	struct discover_config c = config();
	c.helper = addr("198.18.53.53");
	struct discover *d = discover_new(&c);
	const struct resolver_record *r = talk(d, addr("198.18.1.1"), ptr, 1);
	assert_non_null(r);
	assert_false(r->infrastructure);
	assert_true(span_eq(r->infra_rule, span_text(rule)));
	discover_free(&d);
}

// That there is no reverse name takes somebody who says so.
static void a_failed_answer_does_not_say_that_there_is_no_name(void **state)
{
	(void)state;
	check_rule(&(struct says){ .type = DNS_PTR, .flags = 3 }, "no-ptr"); // NXDOMAIN
	check_rule(&(struct says){ .type = DNS_PTR }, "no-ptr");
	check_rule(&(struct says){ .type = DNS_PTR, .flags = 2 }, "ptr-failed");     // SERVFAIL
	check_rule(&(struct says){ .type = DNS_PTR, .flags = 0x200 }, "ptr-failed"); // truncated
}

static void the_total_rate_is_kept(void **state)
{
	(void)state;
	struct discover_config c = config();
	struct mono now = { NS_PER_S };
	const struct pace_limits limits = { .all = 1000, .burst_s = 0.01, .targets = 65536 };
	struct prefix p;
	c.pace = pace_new(&limits);
	assert_int_equal(prefix_read(span_text("198.18.0.0/20"), &p), ERR_OK);
	assert_int_equal(space_init(&space, &p, 1, seed), ERR_OK);
	struct discover *d = discover_new(&c);
	discover_sweep(d, &space, 0);
	unsigned sent = 0;
	for (int ms = 0; ms < 1000; ms++) {
		struct discover_want w;
		discover_tick(d, now);
		while (discover_next(d, now, wall, &w) == DISCOVER_SEND)
			sent++;
		now = mono_add(now, NS_PER_MS);
	}
	assert_in_range(sent, 950, 1020);
	discover_free(&d);
	pace_free(&c.pace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sweep_is_accounted_for),
		cmocka_unit_test(a_sweep_goes_on_from_its_place),
		cmocka_unit_test(a_sweep_that_was_stopped_leaves_nothing_out),
		cmocka_unit_test(a_list_is_told_whole),
		cmocka_unit_test(only_answers_to_our_questions_count),
		cmocka_unit_test(who_asks_is_looked_for_in_every_type),
		cmocka_unit_test(a_failed_answer_does_not_say_that_there_is_no_name),
		cmocka_unit_test(the_total_rate_is_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
