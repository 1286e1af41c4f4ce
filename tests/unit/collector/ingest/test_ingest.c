// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ingest/ingest.h"

#define EPOCH 77u
#define NODE  5
#define KEY   9

// A signature is good when its first byte is the key's.
static void digest(struct span in, uint8_t out[static 32])
{
	memset(out, (int)in.len & 0xff, 32);
}

static bool verify(const char *domain, const uint8_t d[static 32], const uint8_t sign[static 32],
		   const uint8_t signature[static 64])
{
	(void)domain;
	(void)d;
	return sign[0] == signature[0];
}

struct world {
	struct ingest *in;
	struct mono now;
	struct wall wall;
	struct ingest_want wants[32];
	size_t count;
};

static void take_wants(struct world *w)
{
	w->count = 0;
	while (w->count < 32 && ingest_next(w->in, &w->wants[w->count]))
		w->count++;
}

static const struct ingest_want *find(const struct world *w, enum ingest_kind kind,
				      enum link_verb verb)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->wants[i].kind == kind && ((int)verb == 0 || w->wants[i].head.verb == verb))
			return &w->wants[i];
	return NULL;
}

// Never NULL: what must be there and is not fails the test.
static const struct ingest_want *must(const struct ingest_want *found)
{
	static const struct ingest_want none;
	if (found == NULL)
		fail_msg("not wanted");
	return found == NULL ? &none : found;
}

static bool is_sent(const struct world *w, enum link_verb verb)
{
	return find(w, INGEST_SEND, verb) != NULL;
}

static const struct ingest_want *sent(const struct world *w, enum link_verb verb)
{
	return must(find(w, INGEST_SEND, verb));
}

static bool is_wanted(const struct world *w, enum ingest_kind kind)
{
	return find(w, kind, (enum link_verb)0) != NULL;
}

static const struct ingest_want *wanted(const struct world *w, enum ingest_kind kind)
{
	return must(find(w, kind, (enum link_verb)0));
}

static void roll_of(struct world *w, bool revoked)
{
	struct roll *roll = roll_new();
	struct roll_key k = { .id = KEY, .node = NODE, .name = "anna", .revoked = revoked };
	memset(k.sign, 1, 32);
	memset(k.curve, 1, 32);
	assert_int_equal(roll_put(roll, &k), ERR_OK);
	struct roll_key old = { .id = KEY - 1, .node = NODE, .name = "anna", .to = { 500 } };
	memset(old.sign, 3, 32);
	memset(old.curve, 3, 32);
	assert_int_equal(roll_put(roll, &old), ERR_OK);
	ingest_roll(w->in, &roll);
	assert_null(roll);
}

static void hear_from(struct world *w, uint8_t peer, int32_t key, const struct link_head *h,
		      struct span body, uint8_t signature)
{
	static uint8_t magic[4], head[LINK_HEAD_MAX], sig[64];
	struct wr hw = wr_of(head, sizeof(head));
	assert_int_equal(link_write(h, magic, &hw), ERR_OK);
	memset(sig, signature, sizeof(sig));
	struct ingest_message m = {
		.from = { 1, { peer } }, .key = key, .now = w->now, .wall = w->wall
	};
	m.frames[0] = span_of(magic, 4);
	m.frames[1] = wr_span(&hw);
	m.frames[2] = body;
	m.frames[3] = span_of(sig, 64);
	m.frame_count = h->verb == LINK_BATCH ? 4 : 2;
	ingest_hear(w->in, &m);
	take_wants(w);
}

static void hello(struct world *w, uint8_t peer, const char *name)
{
	struct link_head h = { .verb = LINK_HELLO,
			       .version = LINK_VERSION,
			       .node = span_text(name),
			       .epoch = EPOCH,
			       .next_seq = 1,
			       .first_unacked = 1 };
	hear_from(w, peer, KEY, &h, (struct span){ 0 }, 0);
}

static struct span body_of(const char *name, uint64_t seq, int64_t sealed)
{
	static uint8_t bytes[4096];
	struct wr w = wr_of(bytes, sizeof(bytes));
	struct batch_head h = {
		.node = span_text(name), .epoch = EPOCH, .seq = seq, .sealed = { sealed }
	};
	assert_int_equal(batch_head_write(&w, &h), ERR_OK);
	return wr_span(&w);
}

static void batch_signed(struct world *w, uint8_t peer, uint64_t seq, struct span body,
			 uint8_t signature)
{
	struct link_head h = { .verb = LINK_BATCH, .epoch = EPOCH, .seq = seq };
	hear_from(w, peer, KEY, &h, body, signature);
}

static void batch(struct world *w, uint8_t peer, uint64_t seq)
{
	batch_signed(w, peer, seq, body_of("anna", seq, 400), 1);
}

static uint64_t refused(const struct world *w, enum ingest_refusal r)
{
	return ingest_counts(w->in)->refused[r];
}

static int set_up(void **state)
{
	static struct world w;
	memset(&w, 0, sizeof(w));
	const struct ingest_config c = {
		.digest = digest, .verify = verify, .domain = "test", .budget = 1 << 20
	};
	w.in = ingest_new(&c);
	w.now.ns = w.wall.ns = 1000;
	roll_of(&w, false);
	*state = &w;
	return w.in == NULL;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	ingest_free(&w->in);
	return 0;
}

static void live(struct world *w)
{
	hello(w, 1, "anna");
	assert_true(is_wanted(w, INGEST_OPEN));
	ingest_opened(w->in, NODE, EPOCH, 3, 10);
	take_wants(w);
	assert_true(is_sent(w, LINK_WELCOME));
}

static void welcomes_once_the_stream_is_open(void **state)
{
	struct world *w = *state;
	hello(w, 1, "anna");
	const struct ingest_want *open = wanted(w, INGEST_OPEN);
	assert_int_equal(open->node, NODE);
	assert_int_equal(open->epoch, EPOCH);
	assert_false(is_sent(w, LINK_WELCOME));
	ingest_opened(w->in, NODE, EPOCH, 3, 10);
	take_wants(w);
	assert_int_equal(sent(w, LINK_WELCOME)->head.last_seq, 10);
	assert_int_equal(sent(w, LINK_WELCOME)->head.credit, INGEST_CREDIT_ONE);
	assert_int_equal(wanted(w, INGEST_WELCOME)->node, NODE);
}

static void asks_again_for_a_stream_that_was_not_opened(void **state)
{
	struct world *w = *state;
	hello(w, 1, "anna");
	for (int i = 0; i < 5; i++) { // half a second
		w->now.ns += NS_PER_S / 10;
		ingest_tick(w->in, w->now);
	}
	take_wants(w);
	assert_int_equal(w->count, 0);
	w->now.ns += NS_PER_S;
	ingest_tick(w->in, w->now);
	take_wants(w);
	assert_int_equal(wanted(w, INGEST_OPEN)->epoch, EPOCH);
}

static void acknowledges_only_after_the_commit(void **state)
{
	struct world *w = *state;
	live(w);
	batch(w, 1, 11);
	const struct ingest_want *store = wanted(w, INGEST_STORE);
	assert_false(is_sent(w, LINK_ACK));
	assert_int_equal(store->batch.stream, 3);
	assert_int_equal(store->batch.key, KEY);
	ingest_committed(w->in, store->batch.ticket, 11, store->batch.body.len);
	take_wants(w);
	assert_int_equal(sent(w, LINK_ACK)->head.last_seq, 11);
	assert_int_equal(ingest_counts(w->in)->outstanding, 0);
}

static void a_stored_batch_is_acknowledged_again_and_not_stored(void **state)
{
	struct world *w = *state;
	live(w);
	batch(w, 1, 10);
	assert_false(is_wanted(w, INGEST_STORE));
	assert_int_equal(sent(w, LINK_ACK)->head.last_seq, 10);
	batch(w, 1, 11);
	batch(w, 1, 11); // under way: its ack follows its commit
	assert_int_equal(w->count, 0);
	assert_int_equal(ingest_counts(w->in)->duplicates, 2);
}

static void a_gap_is_told_once(void **state)
{
	struct world *w = *state;
	live(w);
	batch(w, 1, 13);
	assert_int_equal(sent(w, LINK_NACK)->head.nack, NACK_GAP);
	assert_int_equal(sent(w, LINK_NACK)->head.last_seq, 10);
	batch(w, 1, 14);
	assert_int_equal(w->count, 0);
	w->now.ns += 2 * NS_PER_S;
	batch(w, 1, 15);
	assert_true(is_sent(w, LINK_NACK));
	batch(w, 1, 11);
	assert_true(is_wanted(w, INGEST_STORE));
}

static void a_revocation_ends_a_live_session(void **state)
{
	struct world *w = *state;
	live(w);
	batch(w, 1, 11);
	assert_true(is_wanted(w, INGEST_STORE));
	roll_of(w, true);
	batch(w, 1, 12);
	assert_false(is_wanted(w, INGEST_STORE));
	assert_int_equal(sent(w, LINK_NACK)->head.nack, NACK_REVOKED);
	batch(w, 1, 12);
	assert_false(is_wanted(w, INGEST_STORE));
	hello(w, 1, "anna");
	assert_int_equal(sent(w, LINK_REJECT)->head.reject, REJECT_REVOKED);
}

static void a_bad_signature_is_refused_and_the_next_good_one_taken(void **state)
{
	struct world *w = *state;
	live(w);
	batch_signed(w, 1, 11, body_of("anna", 11, 400), 2);
	assert_false(is_wanted(w, INGEST_STORE));
	assert_int_equal(sent(w, LINK_NACK)->head.nack, NACK_SIGNATURE);
	assert_int_equal(refused(w, INGEST_SIGNATURE), 1);
	batch(w, 1, 11);
	assert_true(is_wanted(w, INGEST_STORE));
}

static void an_older_key_signs_what_was_sealed_in_its_time(void **state)
{
	struct world *w = *state;
	live(w);
	batch_signed(w, 1, 11, body_of("anna", 11, 400), 3);
	assert_int_equal(wanted(w, INGEST_STORE)->batch.key, KEY - 1);
	batch_signed(w, 1, 12, body_of("anna", 12, 600), 3);
	assert_false(is_wanted(w, INGEST_STORE));
}

static void the_signed_head_must_say_the_same(void **state)
{
	struct world *w = *state;
	live(w);
	batch_signed(w, 1, 11, body_of("ben", 11, 400), 1);
	assert_false(is_wanted(w, INGEST_STORE));
	assert_int_equal(refused(w, INGEST_WRONG_NAME), 1);
	batch_signed(w, 1, 11, body_of("anna", 10, 400), 1);
	assert_false(is_wanted(w, INGEST_STORE));
	assert_int_equal(refused(w, INGEST_WRONG_HEAD), 1);
}

static void what_is_signed_but_unreadable_is_kept_and_passed(void **state)
{
	struct world *w = *state;
	live(w);
	batch_signed(w, 1, 11, span_text("\xff\xff\xff not protobuf"), 1);
	const struct ingest_want *store = wanted(w, INGEST_STORE);
	assert_null(store->batch.read);
	assert_int_not_equal(store->batch.why, ERR_OK);
	uint32_t ticket = store->batch.ticket;
	ingest_quarantined(w->in, ticket, 11);
	ingest_committed(w->in, ticket, 11, store->batch.body.len);
	take_wants(w);
	assert_int_equal(sent(w, LINK_NACK)->head.nack, NACK_UNREADABLE);
	assert_true(sent(w, LINK_NACK)->head.permanent);
	assert_int_equal(sent(w, LINK_ACK)->head.last_seq, 11);
	batch(w, 1, 12);
	assert_true(is_wanted(w, INGEST_STORE));
}

static void strangers_are_told_to_say_hello(void **state)
{
	struct world *w = *state;
	batch(w, 4, 1);
	assert_int_equal(sent(w, LINK_REJECT)->head.reject, REJECT_UNKNOWN);
	hello(w, 4, "ben");
	assert_int_equal(sent(w, LINK_REJECT)->head.reject, REJECT_WRONG_NAME);
	struct link_head h = { .verb = LINK_HELLO, .version = 1, .node = span_text("anna") };
	hear_from(w, 4, 12345, &h, (struct span){ 0 }, 0);
	assert_int_equal(sent(w, LINK_REJECT)->head.reject, REJECT_NOT_ADMITTED);
	assert_int_equal(refused(w, INGEST_UNKNOWN_KEY), 1);
}

static void a_new_session_takes_the_stream_over(void **state)
{
	struct world *w = *state;
	live(w);
	batch(w, 1, 11);
	uint32_t ticket = wanted(w, INGEST_STORE)->batch.ticket;
	size_t len = wanted(w, INGEST_STORE)->batch.body.len;
	hello(w, 2, "anna");
	assert_int_equal(sent(w, LINK_WELCOME)->head.last_seq, 10);
	batch(w, 2, 11); // sent again before the first was committed
	assert_false(is_wanted(w, INGEST_STORE));
	ingest_committed(w->in, ticket, 11, len);
	take_wants(w);
	assert_int_equal(sent(w, LINK_ACK)->peer.bytes[0], 2);
	batch(w, 1, 12);
	assert_true(is_sent(w, LINK_REJECT));
}

static void a_paused_collector_gives_no_credit(void **state)
{
	struct world *w = *state;
	live(w);
	ingest_pause(w->in, true);
	take_wants(w);
	assert_int_equal(sent(w, LINK_ACK)->head.credit, 0);
	ingest_pause(w->in, false);
	take_wants(w);
	assert_true(sent(w, LINK_ACK)->head.credit >= INGEST_CREDIT_ONE);
}

static void a_conflict_starts_over_where_the_cursor_stands(void **state)
{
	struct world *w = *state;
	live(w);
	batch(w, 1, 11);
	uint32_t ticket = wanted(w, INGEST_STORE)->batch.ticket;
	ingest_conflict(w->in, ticket, 8, wanted(w, INGEST_STORE)->batch.body.len);
	take_wants(w);
	assert_int_equal(sent(w, LINK_NACK)->head.last_seq, 8);
	batch(w, 1, 9);
	assert_true(is_wanted(w, INGEST_STORE));
}

static void an_order_goes_out_once(void **state)
{
	struct world *w = *state;
	live(w);
	ingest_order(w->in, NODE, 4, span_text("bytes"));
	take_wants(w);
	assert_true(span_eq(sent(w, LINK_ORDER)->head.signed_order, span_text("bytes")));
	ingest_order(w->in, NODE, 4, span_text("bytes"));
	ingest_order(w->in, NODE + 1, 5, span_text("bytes"));
	take_wants(w);
	assert_int_equal(w->count, 0);
}

static void put_bert(struct world *w)
{
	struct roll *roll = roll_new();
	struct roll_key anna = { .id = KEY, .node = NODE, .name = "anna" };
	struct roll_key bert = { .id = KEY + 1, .node = NODE + 1, .name = "bert" };
	memset(anna.curve, 1, 32);
	memset(bert.curve, 2, 32);
	assert_int_equal(roll_put(roll, &anna), ERR_OK);
	assert_int_equal(roll_put(roll, &bert), ERR_OK);
	ingest_roll(w->in, &roll);
	const struct link_head h = { .verb = LINK_HELLO,
				     .version = LINK_VERSION,
				     .node = span_text("bert"),
				     .epoch = EPOCH,
				     .next_seq = 1,
				     .first_unacked = 1 };
	hear_from(w, 2, KEY + 1, &h, (struct span){ 0 }, 0);
	ingest_opened(w->in, NODE + 1, EPOCH, 4, 0);
	take_wants(w);
	assert_true(is_sent(w, LINK_WELCOME));
}

static void a_meeting_is_handed_on_under_the_senders_true_name(void **state)
{
	struct world *w = *state;
	struct link_head h = { .verb = LINK_MEET,
			       .meet = { .other = span_text("bert"),
					 .run = { { 7 } },
					 .side = 1,
					 .addr = { 4, { 198, 18, 3, 2 } },
					 .port = 52000 } };
	live(w);
	hear_from(w, 1, KEY, &h, (struct span){ 0 }, 0);
	assert_int_equal(w->count, 0); // he is not there
	put_bert(w);
	hear_from(w, 1, KEY, &h, (struct span){ 0 }, 0);
	assert_int_equal(w->count, 1);
	assert_int_equal(sent(w, LINK_MEET)->peer.bytes[0], 2);
	assert_true(span_eq(sent(w, LINK_MEET)->head.meet.other, span_text("anna")));
	assert_int_equal(sent(w, LINK_MEET)->head.meet.port, 52000);
	hear_from(w, 9, KEY, &h, (struct span){ 0 }, 0); // without a session
	assert_false(is_sent(w, LINK_MEET));
}

static void silence_is_forgotten(void **state)
{
	struct world *w = *state;
	live(w);
	w->now.ns += INGEST_QUIET + NS_PER_S;
	ingest_tick(w->in, w->now);
	assert_int_equal(ingest_counts(w->in)->sessions, 0);
	assert_int_equal(ingest_counts(w->in)->streams, 0);
}

static void noise_is_counted_and_changes_nothing(void **state)
{
	struct world *w = *state;
	struct ingest_message m = { .from = { 1, { 1 } }, .key = KEY, .frame_count = 2 };
	m.frames[0] = span_text("WM1?");
	m.frames[1] = span_text("\xff\xff");
	ingest_hear(w->in, &m);
	m.frame_count = 1;
	ingest_hear(w->in, &m);
	take_wants(w);
	assert_int_equal(w->count, 0);
	assert_int_equal(refused(w, INGEST_FRAMES), 2);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(welcomes_once_the_stream_is_open),
		T(asks_again_for_a_stream_that_was_not_opened),
		T(acknowledges_only_after_the_commit),
		T(a_stored_batch_is_acknowledged_again_and_not_stored),
		T(a_gap_is_told_once),
		T(a_revocation_ends_a_live_session),
		T(a_bad_signature_is_refused_and_the_next_good_one_taken),
		T(an_older_key_signs_what_was_sealed_in_its_time),
		T(the_signed_head_must_say_the_same),
		T(what_is_signed_but_unreadable_is_kept_and_passed),
		T(strangers_are_told_to_say_hello),
		T(a_new_session_takes_the_stream_over),
		T(a_paused_collector_gives_no_credit),
		T(a_conflict_starts_over_where_the_cursor_stands),
		T(an_order_goes_out_once),
		T(a_meeting_is_handed_on_under_the_senders_true_name),
		T(silence_is_forgotten),
		T(noise_is_counted_and_changes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
