// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/phone.h"

#define WALL_START 1000000000000LL // of every order here
#define LOG_SIZE   4000

static const struct planned_message messages[] = {
	{ .from_side = 1, .offset_ms = 2000 },
	{ .from_side = 2, .offset_ms = 3000 },
};

struct scene {
	struct order order;
	struct phone *phone;
	struct mono now;
	char log[LOG_SIZE]; // what the engine wanted since last looked
};

static void scene_open_as(struct scene *s, const char *app, bool isolate)
{
	*s = (struct scene){ .now = { 0 } };
	s->order = (struct order){ .kind = ORDER_GATEWAY,
				   .side = 1,
				   .app = span_text(app),
				   .start = { WALL_START },
				   .length_ms = 10000,
				   .account = span_text("alice"),
				   .peer_account = span_text("bob"),
				   .message_count = 2 };
	memcpy(s->order.messages, messages, sizeof(messages));
	s->order.messages[0].id = span_text("m1");
	s->order.messages[0].text = span_text("hello m1");
	s->order.messages[1].id = span_text("m2");
	s->order.messages[1].text = span_text("hello m2");
	assert_int_equal(phone_new(&s->order, (struct mono){ 5 * NS_PER_S }, isolate, &s->phone),
			 ERR_OK);
}

static void scene_open(struct scene *s, const char *app)
{
	scene_open_as(s, app, false);
}

static int append(char *out, size_t room, const struct phone_want *w)
{
	const struct message_record *m = &w->message;
	struct wr line = wr_of(out, room);

	switch (w->kind) {
	case PHONE_WANT_LINE:
		phone_line_write(&line, &w->line);
		out[line.len - 1] = ';';
		return (int)line.len;
	case PHONE_WANT_STEP:
		return snprintf(out, room, "[%.*s %d %.*s]", (int)w->step.name.len, w->step.name.at,
				(int)w->step.outcome, (int)w->step.detail.len, w->step.detail.at);
	case PHONE_WANT_MESSAGE:
		return snprintf(out, room, "{%.*s %d %lld %lld %lld %lld %.*s}", (int)m->id.len,
				m->id.at, (int)m->status,
				(long long)((m->planned.ns - WALL_START) / NS_PER_MS),
				(long long)m->sent.ns, (long long)m->delivered.ns,
				(long long)m->received.ns, (int)m->detail.len, m->detail.at);
	case PHONE_WANT_END:
		break;
	}
	return snprintf(out, room, "END");
}

static const char *wants(struct scene *s)
{
	struct phone_want w;
	size_t len = 0;

	memset(s->log, 0, sizeof(s->log));
	while (phone_next(s->phone, &w))
		len += (size_t)append(s->log + len, LOG_SIZE - len, &w);
	return s->log;
}

static void at(struct scene *s, int64_t ms)
{
	s->now = (struct mono){ 5 * NS_PER_S + ms * NS_PER_MS };
	phone_tick(s->phone, s->now);
}

static void says(struct scene *s, const char *text)
{
	struct phone_line line;

	assert_int_equal(phone_line_read(span_text(text), &line), ERR_OK);
	phone_hear(s->phone, s->now, &line);
}

static void open_the_app(struct scene *s)
{
	phone_hear_link(s->phone, s->now, true);
	at(s, 0);
	assert_string_equal(wants(s), "status;");
	says(s, "state - - 1");
	assert_string_equal(wants(s), "network;open textsecure alice bob;[phone 1 ]");
	at(s, 500);
	says(s, "opened 7");
	assert_string_equal(wants(s), "[open 1 ]");
}

static void a_run_goes_as_planned(void **state)
{
	struct scene s;
	(void)state;
	scene_open(&s, "textsecure");
	assert_int_equal(phone_due(s.phone).ns, 5 * NS_PER_S);
	open_the_app(&s);
	assert_int_equal(phone_due(s.phone).ns, 7 * NS_PER_S);
	at(&s, 1999);
	assert_string_equal(wants(&s), "");
	at(&s, 2000);
	assert_string_equal(wants(&s), "send m1 hello m1;");
	says(&s, "sent m1 11");
	says(&s, "stored m1 12");
	says(&s, "delivered m1 13");
	assert_string_equal(wants(&s), "{m1 2 2000 11 13 0 }");
	says(&s, "received m2 21 hello m2");
	assert_string_equal(wants(&s), "[messages 1 ]{m2 3 3000 0 0 21 }");
	at(&s, 9999);
	assert_string_equal(wants(&s), "");
	at(&s, 10000);
	assert_string_equal(wants(&s), "close;");
	says(&s, "closed 30");
	assert_string_equal(wants(&s), "[close 1 ]END");
	assert_int_equal(phone_done_count(s.phone), 2);
	assert_int_equal(phone_due(s.phone).ns, INT64_MAX);
	phone_free(&s.phone);
}

static void a_lost_receipt_leaves_the_message_sent(void **state)
{
	struct scene s;
	(void)state;
	scene_open(&s, "textsecure");
	open_the_app(&s);
	at(&s, 2000);
	wants(&s);
	says(&s, "sent m1 11");
	says(&s, "received m2 21 x");
	wants(&s);
	at(&s, 10000);
	wants(&s);
	says(&s, "closed 30");
	assert_string_equal(wants(&s), "[messages 2 1 of 2 as planned][close 1 ]"
				       "{m1 1 2000 11 0 0 no receipt until the end}END");
	phone_free(&s.phone);
}

static void a_receipt_during_closing_still_counts(void **state)
{
	struct scene s;
	(void)state;
	scene_open(&s, "textsecure");
	open_the_app(&s);
	at(&s, 2000);
	wants(&s);
	says(&s, "sent m1 11");
	at(&s, 10000);
	wants(&s);
	says(&s, "delivered m1 13");
	assert_string_equal(wants(&s), "{m1 2 2000 11 13 0 }");
	phone_free(&s.phone);
}

static void an_app_that_does_not_open_tells_why(void **state)
{
	struct scene s;
	(void)state;
	scene_open(&s, "textsecure");
	phone_hear_link(s.phone, s.now, true);
	at(&s, 0);
	says(&s, "state - - 1");
	wants(&s);
	says(&s, "failed - 9 certificate self-signed certificate");
	at(&s, 2500);
	assert_string_equal(wants(&s), "");
	at(&s, 10000);
	assert_string_equal(wants(&s), "close;");
	says(&s, "closed 9");
	assert_string_equal(wants(&s), "[open 2 certificate self-signed certificate][close 1 ]"
				       "{m1 4 2000 0 0 0 certificate self-signed certificate}"
				       "{m2 5 3000 0 0 0 not seen until the end}END");
	phone_free(&s.phone);
}

static void an_app_that_opens_late_sends_at_once(void **state)
{
	struct scene s;
	(void)state;
	scene_open(&s, "textsecure");
	phone_hear_link(s.phone, s.now, true);
	at(&s, 0);
	says(&s, "state - - 1");
	wants(&s);
	at(&s, 4000);
	says(&s, "opened 9");
	at(&s, 4001);
	assert_string_equal(wants(&s), "send m1 hello m1;[open 1 ]");
	phone_free(&s.phone);
}

static void a_phone_that_comes_late_is_still_used(void **state)
{
	struct scene s;
	(void)state;
	scene_open(&s, "textsecure");
	at(&s, 0);
	at(&s, 3000);
	assert_string_equal(wants(&s), "");
	phone_hear_link(s.phone, s.now, true);
	assert_string_equal(wants(&s), "status;");
	says(&s, "state - - 1");
	assert_string_equal(wants(&s), "network;open textsecure alice bob;[phone 1 ]");
	phone_free(&s.phone);
}

static void a_phone_that_never_comes_fails_the_run(void **state)
{
	struct scene s;
	(void)state;
	scene_open(&s, "textsecure");
	at(&s, 0);
	at(&s, 10000);
	assert_string_equal(wants(&s), "[phone 2 no phone answers on its control line]"
				       "{m1 4 2000 0 0 0 the app was not open}"
				       "{m2 5 3000 0 0 0 not seen until the end}END");
	phone_free(&s.phone);
}

static void a_phone_that_started_anew_is_told_again(void **state)
{
	struct scene s;
	(void)state;
	scene_open(&s, "textsecure");
	open_the_app(&s);
	at(&s, 2000);
	assert_string_equal(wants(&s), "send m1 hello m1;");
	phone_hear_link(s.phone, s.now, false);
	phone_hear_link(s.phone, s.now, true);
	assert_string_equal(wants(&s), "status;");
	says(&s, "state - - 1");
	assert_string_equal(wants(&s), "open textsecure alice bob;send m1 hello m1;");
	phone_free(&s.phone);
}

static void a_phone_that_does_not_close_is_left(void **state)
{
	struct scene s;
	(void)state;
	scene_open(&s, "textsecure");
	open_the_app(&s);
	at(&s, 10000);
	wants(&s);
	at(&s, 12999);
	assert_string_equal(wants(&s), "");
	at(&s, 13000);
	assert_non_null(strstr(wants(&s), "[close 2 not closed in time]"));
	phone_free(&s.phone);
}

static void the_run_of_no_app_opens_none(void **state)
{
	struct scene s;
	(void)state;
	scene_open(&s, "none");
	phone_hear_link(s.phone, s.now, true);
	at(&s, 0);
	wants(&s);
	says(&s, "state - - 1");
	assert_string_equal(wants(&s), "network;[phone 1 ]");
	at(&s, 5000);
	assert_string_equal(wants(&s), "");
	at(&s, 10000);
	assert_string_equal(wants(&s), "[idle 1 ]END");
	phone_free(&s.phone);
}

static void open_isolated(struct scene *s)
{
	phone_hear_link(s->phone, s->now, true);
	at(s, 0);
	says(s, "state - - 1");
	says(s, "opened 7");
	wants(s);
}

static void an_app_has_the_phone_to_itself(void **state)
{
	struct scene s;
	(void)state;
	scene_open_as(&s, "textsecure", true);
	phone_hear_link(s.phone, s.now, true); // before the start
	assert_string_equal(wants(&s), "isolate textsecure;");
	says(&s, "isolated other 5");
	assert_string_equal(wants(&s), "");
	says(&s, "isolated textsecure 5");
	assert_string_equal(wants(&s), "[isolate 1 the phone lets the app alone speak]");
	at(&s, 0);
	says(&s, "state - - 1");
	assert_string_equal(wants(&s), "status;network;open textsecure alice bob;[phone 1 ]");
	says(&s, "opened 7");
	at(&s, 10000);
	wants(&s);
	phone_free(&s.phone);
	scene_open_as(&s, "textsecure", true);
	open_isolated(&s);
	at(&s, 10000);
	// Let go before the app is closed; a phone that never said so was not isolated.
	assert_string_equal(wants(&s), "isolate -;close;");
	says(&s, "closed 30");
	assert_non_null(strstr(wants(&s), "[isolate 2 the phone did not say that it does]"));
	phone_free(&s.phone);
	scene_open_as(&s, "none", true);
	phone_hear_link(s.phone, s.now, true);
	assert_string_equal(wants(&s), "isolate -;");
	phone_free(&s.phone);
}

static void a_phone_that_is_held_does_nothing(void **state)
{
	struct scene s;
	(void)state;
	scene_open(&s, "textsecure");
	phone_hold(s.phone, true);
	phone_hear_link(s.phone, s.now, true);
	at(&s, 1000);
	assert_string_equal(wants(&s), "");
	assert_int_equal(phone_due(s.phone).ns, INT64_MAX);
	phone_hold(s.phone, false);
	assert_int_equal(phone_due(s.phone).ns, 5 * NS_PER_S);
	at(&s, 1100);
	assert_string_equal(wants(&s), "status;");
	phone_free(&s.phone);
}

static void what_cannot_be_said_is_refused(void **state)
{
	struct scene s;
	struct phone *p = NULL;
	(void)state;
	scene_open(&s, "textsecure");
	phone_free(&s.phone);
	s.order.messages[0].text = span_text("two\nlines");
	assert_int_equal(phone_new(&s.order, s.now, false, &p), ERR_FORMAT);
	s.order.messages[0].text = span_text("one");
	s.order.account = span_text("");
	assert_int_equal(phone_new(&s.order, s.now, false, &p), ERR_FORMAT);
	assert_null(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_goes_as_planned),
		cmocka_unit_test(a_lost_receipt_leaves_the_message_sent),
		cmocka_unit_test(a_receipt_during_closing_still_counts),
		cmocka_unit_test(an_app_that_does_not_open_tells_why),
		cmocka_unit_test(an_app_that_opens_late_sends_at_once),
		cmocka_unit_test(a_phone_that_comes_late_is_still_used),
		cmocka_unit_test(a_phone_that_never_comes_fails_the_run),
		cmocka_unit_test(a_phone_that_started_anew_is_told_again),
		cmocka_unit_test(a_phone_that_does_not_close_is_left),
		cmocka_unit_test(the_run_of_no_app_opens_none),
		cmocka_unit_test(an_app_has_the_phone_to_itself),
		cmocka_unit_test(a_phone_that_is_held_does_nothing),
		cmocka_unit_test(what_cannot_be_said_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
