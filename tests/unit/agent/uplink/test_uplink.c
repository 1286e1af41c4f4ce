// SPDX-License-Identifier: Apache-2.0
//
// Conversations with the collector, replayed from tests/scenario/uplink/*.txt against the thinking
// half. One line is one step; times are milliseconds:
//     at MS                      the clock; ticks
//     spool FIRST NEXT           what the spool holds
//     open | lost | refused      what happened to the socket
//     hear VERB [key=value …]    a frame: last, credit, seq, reason, permanent, retry
//     sent BYTES | full          what became of the batch just wanted
//     drain
//     want WORD [NUMBER]         the next thing wanted, in order
//     quiet                      nothing is wanted
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "uplink/uplink.h"

#define FOLDER "tests/scenario/uplink"

struct play {
	struct uplink *u;
	struct mono now;
	uint64_t batch; // wanted last
	char where[512];
};

static uint64_t number(struct span s)
{
	uint64_t v = 0;
	assert_int_equal(text_u64(s, 0, UINT64_MAX, &v), ERR_OK);
	return v;
}

static const char *word_of(const struct uplink_want *w)
{
	static const char *const words[] = {
		[UPLINK_OPEN] = "open",   [UPLINK_CLOSE] = "close", [UPLINK_BATCH] = "batch",
		[UPLINK_ACK] = "trim",    [UPLINK_JUMP] = "jump",   [UPLINK_REPLACE] = "replace",
		[UPLINK_ORDER] = "order", [UPLINK_LEFT] = "left",
	};
	if (w->kind == UPLINK_TELL)
		return uplink_event_name(w->event);
	if (w->kind != UPLINK_SEND)
		return words[w->kind];
	return w->head.verb == LINK_HELLO   ? "hello"
	       : w->head.verb == LINK_PING  ? "ping"
	       : w->head.verb == LINK_DRAIN ? "drain"
					    : "state";
}

static void play_want(struct play *p, struct span rest)
{
	struct uplink_want w;
	struct span wanted = text_word(&rest), seq = text_word(&rest);
	if (!uplink_next(p->u, &w))
		fail_msg("%s: nothing is wanted", p->where);
	if (!text_is(wanted, word_of(&w)))
		fail_msg("%s: %s is wanted", p->where, word_of(&w));
	if (seq.len > 0 && number(seq) != w.seq)
		fail_msg("%s: it is %llu", p->where, (unsigned long long)w.seq);
	if (w.kind == UPLINK_BATCH)
		p->batch = w.seq;
}

static void play_quiet(struct play *p, struct span rest)
{
	struct uplink_want w;
	(void)rest;
	if (uplink_next(p->u, &w))
		fail_msg("%s: %s %llu is wanted", p->where, word_of(&w), (unsigned long long)w.seq);
}

static enum nack_reason nack_of(struct span word)
{
	for (int i = 0; i < NACK_REASON_COUNT; i++)
		if (text_is(word, nack_reason_name((enum nack_reason)i)))
			return (enum nack_reason)i;
	return NACK_UNKNOWN;
}

static enum reject_reason reject_of(struct span word)
{
	for (int i = 0; i <= REJECT_BUSY; i++)
		if (text_is(word, reject_reason_name((enum reject_reason)i)))
			return (enum reject_reason)i;
	return REJECT_UNKNOWN;
}

static void play_hear(struct play *p, struct span rest)
{
	static const struct {
		const char *word;
		enum link_verb verb;
	} verbs[] = { { "welcome", LINK_WELCOME }, { "reject", LINK_REJECT },
		      { "ack", LINK_ACK },         { "nack", LINK_NACK },
		      { "pong", LINK_PONG },       { "order", LINK_ORDER } };
	struct link_head h = { .version = 1, .signed_order = span_text("order") };
	struct span verb = text_word(&rest);
	for (size_t i = 0; i < COUNT(verbs); i++)
		if (text_is(verb, verbs[i].word))
			h.verb = verbs[i].verb;
	assert_int_not_equal(h.verb, 0);
	for (struct span pair; (pair = text_word(&rest)).len > 0;) {
		struct span value = pair, key = text_cut(&value, '=');
		if (text_is(key, "last"))
			h.last_seq = number(value);
		else if (text_is(key, "credit"))
			h.credit = number(value);
		else if (text_is(key, "seq"))
			h.seq = number(value);
		else if (text_is(key, "retry"))
			h.retry_after_s = (uint32_t)number(value);
		else if (text_is(key, "permanent"))
			h.permanent = true;
		else if (text_is(key, "reason")) {
			h.nack = nack_of(value);
			h.reject = reject_of(value);
		} else
			fail_msg("%s: what is this?", p->where);
	}
	uplink_hear(p->u, p->now, &h);
}

static void play_at(struct play *p, struct span rest)
{
	p->now.ns = (int64_t)number(text_word(&rest)) * NS_PER_MS;
	uplink_tick(p->u, p->now);
}

static void play_spool(struct play *p, struct span rest)
{
	uint64_t first = number(text_word(&rest));
	uplink_hear_spool(p->u, first, number(text_word(&rest)));
}

static void play_open(struct play *p, struct span rest)
{
	(void)rest;
	uplink_hear_open(p->u, p->now);
}

static void play_lost(struct play *p, struct span rest)
{
	(void)rest;
	uplink_hear_lost(p->u, p->now, false);
}

static void play_refused(struct play *p, struct span rest)
{
	(void)rest;
	uplink_hear_lost(p->u, p->now, true);
}

static void play_sent(struct play *p, struct span rest)
{
	uplink_hear_sent(p->u, p->batch, number(text_word(&rest)));
}

static void play_full(struct play *p, struct span rest)
{
	(void)rest;
	uplink_hear_full(p->u);
}

static void play_drain(struct play *p, struct span rest)
{
	(void)rest;
	uplink_drain(p->u);
}

static void play_line(struct play *p, struct span line)
{
	static const struct {
		const char *word;
		void (*play)(struct play *p, struct span rest);
	} steps[] = {
		{ "at", play_at },     { "spool", play_spool }, { "open", play_open },
		{ "lost", play_lost }, { "hear", play_hear },   { "refused", play_refused },
		{ "sent", play_sent }, { "full", play_full },   { "drain", play_drain },
		{ "want", play_want }, { "quiet", play_quiet },
	};
	struct span rest = text_cut(&line, '#'), word = text_word(&rest);
	if (word.len == 0)
		return;
	for (size_t i = 0; i < COUNT(steps); i++) {
		if (!text_is(word, steps[i].word))
			continue;
		steps[i].play(p, rest);
		return;
	}
	fail_msg("%s: no such step", p->where);
}

static void play_file(const char *name)
{
	char path[300], line[200];
	struct play p = { .u = uplink_new(7) };
	snprintf(path, sizeof(path), FOLDER "/%.255s", name);
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	for (int n = 1; fgets(line, sizeof(line), f) != NULL; n++) {
		struct span s = text_trim(span_text(line));
		snprintf(p.where, sizeof(p.where), "%s:%d: %.*s", path, n, (int)s.len, s.at);
		play_line(&p, s);
	}
	fclose(f);
	uplink_free(&p.u);
}

static void every_scenario_goes_as_written(void **state)
{
	struct dirent **list;
	int n = scandir(FOLDER, &list, NULL, alphasort), played = 0;
	(void)state;
	assert_true(n > 0);
	for (int i = 0; i < n; i++) {
		size_t len = strlen(list[i]->d_name);
		if (len > 4 && strcmp(list[i]->d_name + len - 4, ".txt") == 0) {
			play_file(list[i]->d_name);
			played++;
		}
		free(list[i]);
	}
	free(list);
	assert_true(played >= 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_scenario_goes_as_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
