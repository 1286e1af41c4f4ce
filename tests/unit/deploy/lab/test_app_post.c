// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lab/app_post.h"

// Everything the office wants, as "LINK kind id from to text;" lines.
static const char *drain(struct post *p)
{
	static char out[4000];
	struct post_want w;
	size_t len = 0;

	out[0] = '\0';
	while (post_next(p, &w)) {
		len += (size_t)snprintf(out + len, sizeof(out) - len, "%d %s %.*s %.*s %.*s%s;",
					w.link, frame_name(w.frame.kind), (int)w.frame.id.len,
					w.frame.id.at, (int)w.frame.from.len, w.frame.from.at,
					(int)w.frame.text.len, w.frame.text.at,
					w.close ? " close" : "");
	}
	return out;
}

static void hear(struct post *p, int link, enum frame_kind kind, const char *id, const char *from,
		 const char *to, const char *text)
{
	struct frame f = { .kind = kind,
			   .id = span_text(id),
			   .from = span_text(from),
			   .to = span_text(to),
			   .text = span_text(text) };
	post_hear(p, link, &f);
}

static struct post *office_with(const char *first, const char *second)
{
	struct post *p = post_new("here");
	assert_non_null(p);
	post_join(p, 0, false, false);
	hear(p, 0, FRAME_HELLO, "", first, "", "");
	if (second != NULL) {
		post_join(p, 1, false, false);
		hear(p, 1, FRAME_HELLO, "", second, "", "");
	}
	drain(p);
	return p;
}

static void carries_a_message_and_its_receipt(void **state)
{
	struct post *p = office_with("alice", "bob");
	(void)state;
	hear(p, 0, FRAME_SEND, "m1", "", "bob", "hi");
	assert_string_equal(drain(p), "1 deliver m1 alice hi;0 stored m1 alice ;");
	hear(p, 1, FRAME_RECEIVED, "m1", "alice", "", "");
	assert_string_equal(drain(p), "0 receipt m1 bob ;");
	assert_int_equal(post_kept(p), 1);
	hear(p, 0, FRAME_STORED, "m1", "bob", "", "");
	assert_int_equal(post_kept(p), 0);
	post_free(&p);
}

static void keeps_a_message_for_a_phone_that_comes_later(void **state)
{
	struct post *p = office_with("alice", NULL);
	(void)state;
	hear(p, 0, FRAME_SEND, "m1", "", "bob", "one");
	hear(p, 0, FRAME_SEND, "m2", "", "bob", "two");
	drain(p);
	post_join(p, 5, false, false);
	hear(p, 5, FRAME_HELLO, "", "bob", "", "");
	assert_string_equal(drain(p),
			    "5 welcome   ;5 deliver m1 alice one;5 deliver m2 alice two;");
	post_leave(p, 5); // without having confirmed
	post_join(p, 6, false, false);
	hear(p, 6, FRAME_HELLO, "", "bob", "", "");
	assert_string_equal(drain(p),
			    "6 welcome   ;6 deliver m1 alice one;6 deliver m2 alice two;");
	post_free(&p);
}

static void does_not_believe_a_false_sender(void **state)
{
	struct post *p = office_with("alice", "bob");
	(void)state;
	hear(p, 0, FRAME_SEND, "m1", "carol", "bob", "hi");
	assert_string_equal(drain(p), "1 deliver m1 alice hi;0 stored m1 alice ;");
	post_free(&p);
}

static void refuses_what_a_phone_may_not_say(void **state)
{
	struct post *p = post_new("here");
	(void)state;
	post_join(p, 0, false, false);
	hear(p, 0, FRAME_SEND, "m1", "", "bob", "hi");
	assert_string_equal(drain(p), "0 refused   log in first close;");
	post_leave(p, 0);
	post_join(p, 0, false, false);
	hear(p, 0, FRAME_PEER, "", "evil", "", "");
	assert_string_equal(drain(p), "0 refused   not an office close;");
	post_leave(p, 0);
	post_join(p, 0, false, false);
	hear(p, 0, FRAME_HELLO, "", "eve", "", "");
	hear(p, 0, FRAME_PRESENT, "", "bob", "", "");
	assert_string_equal(drain(p), "0 welcome   ;0 refused   a phone does not say that close;");
	post_free(&p);
}

static void a_confirmation_of_another_phone_drops_nothing(void **state)
{
	struct post *p = office_with("alice", "eve");
	(void)state;
	hear(p, 0, FRAME_SEND, "m1", "", "bob", "hi");
	drain(p);
	hear(p, 1, FRAME_RECEIVED, "m1", "alice", "", "");
	assert_int_equal(post_kept(p), 1);
	assert_string_equal(drain(p), "");
	post_free(&p);
}

static void a_text_never_reaches_another_account(void **state)
{
	struct post *p = office_with("alice", "bob");
	(void)state;
	// Queued for bob, confirmed before it was sent, its place taken by a message to carol.
	hear(p, 0, FRAME_SEND, "m1", "", "bob", "for bob");
	hear(p, 1, FRAME_RECEIVED, "m1", "alice", "", "");
	hear(p, 0, FRAME_STORED, "m1", "bob", "", "");
	hear(p, 0, FRAME_SEND, "m2", "", "carol", "for carol");
	assert_null(strstr(drain(p), "carol"));
	post_free(&p);
}

static void a_second_login_ends_the_first(void **state)
{
	struct post *p = office_with("alice", NULL);
	(void)state;
	post_join(p, 1, false, false);
	hear(p, 1, FRAME_HELLO, "", "alice", "", "");
	assert_string_equal(drain(p), "0 refused   logged in elsewhere close;1 welcome   ;");
	assert_int_equal(post_logged_in(p), 1);
	post_free(&p);
}

static void a_box_has_an_end(void **state)
{
	struct post *p = office_with("alice", NULL);
	char id[16];
	(void)state;
	for (int i = 0; i < POST_BOX_MAX; i++) {
		snprintf(id, sizeof(id), "m%d", i);
		hear(p, 0, FRAME_SEND, id, "", "bob", "x");
		drain(p);
	}
	hear(p, 0, FRAME_SEND, "one more", "", "bob", "x");
	assert_string_equal(drain(p), "0 refused   the office is full close;");
	assert_int_equal(post_kept(p), POST_BOX_MAX);
	post_free(&p);
}

// Carries what each office wants to the other: link 9 is the line between them.
static void exchange(struct post *a, struct post *b)
{
	struct post_want w;
	for (int turn = 0; turn < 20; turn++) {
		while (post_next(a, &w))
			if (w.link == 9)
				post_hear(b, 9, &w.frame);
		while (post_next(b, &w))
			if (w.link == 9)
				post_hear(a, 9, &w.frame);
	}
}

static void two_offices_pass_on_messages_and_receipts(void **state)
{
	struct post *cn = office_with("alice", NULL), *hk = office_with("bob", NULL);
	(void)state;
	post_join(cn, 9, true, true);
	post_join(hk, 9, true, false);
	exchange(cn, hk);
	hear(cn, 0, FRAME_SEND, "m1", "", "bob", "ni hao");
	exchange(cn, hk); // bob's phone (0 at hk) was sent it in there
	assert_int_equal(post_kept(cn), 0);
	assert_int_equal(post_kept(hk), 1);
	hear(hk, 0, FRAME_RECEIVED, "m1", "alice", "", "");
	exchange(cn, hk);
	assert_int_equal(post_kept(hk), 0);
	assert_int_equal(post_kept(cn), 1); // the receipt, until alice has it
	hear(cn, 0, FRAME_STORED, "m1", "bob", "", "");
	assert_int_equal(post_kept(cn), 0);
	post_free(&cn);
	post_free(&hk);
}

static void a_lost_line_between_offices_loses_nothing(void **state)
{
	struct post *cn = office_with("alice", NULL), *hk = office_with("bob", NULL);
	(void)state;
	post_join(cn, 9, true, true);
	post_join(hk, 9, true, false);
	exchange(cn, hk);
	post_leave(cn, 9);
	post_leave(hk, 9);
	hear(cn, 0, FRAME_SEND, "m1", "", "bob", "ni hao");
	exchange(cn, hk);
	assert_int_equal(post_kept(cn), 1);
	post_join(cn, 9, true, true);
	post_join(hk, 9, true, false);
	exchange(cn, hk);
	assert_int_equal(post_kept(cn), 0);
	assert_int_equal(post_kept(hk), 1);
	post_free(&cn);
	post_free(&hk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(carries_a_message_and_its_receipt),
		cmocka_unit_test(keeps_a_message_for_a_phone_that_comes_later),
		cmocka_unit_test(does_not_believe_a_false_sender),
		cmocka_unit_test(refuses_what_a_phone_may_not_say),
		cmocka_unit_test(a_confirmation_of_another_phone_drops_nothing),
		cmocka_unit_test(a_text_never_reaches_another_account),
		cmocka_unit_test(a_second_login_ends_the_first),
		cmocka_unit_test(a_box_has_an_end),
		cmocka_unit_test(two_offices_pass_on_messages_and_receipts),
		cmocka_unit_test(a_lost_line_between_offices_loses_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
