// SPDX-License-Identifier: Apache-2.0
#include "gateway/phone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "gateway/phone_part.h"

bool phone_sends(const struct phone *p, size_t i)
{
	return p->order->messages[i].from_side == p->order->side;
}

struct wall phone_wall(const struct phone *p, struct mono t)
{
	return (struct wall){ p->order->start.ns + mono_since(t, p->start) };
}

struct mono phone_planned(const struct phone *p, size_t i)
{
	return mono_add(p->start, p->order->messages[i].offset_ms * NS_PER_MS);
}

// --- from the order ----------------------------------------------------------------------------

static bool sayable(const struct phone_line *line)
{
	uint8_t bytes[PHONE_LINE_MAX];
	struct wr w = wr_of(bytes, sizeof(bytes));

	phone_line_write(&w, line);
	return w.err == ERR_OK;
}

struct phone_line phone_open_line(const struct order *o)
{
	return (struct phone_line){
		.word = PHONE_OPEN, .app = o->app, .account = o->account, .peer = o->peer_account
	};
}

struct phone_line phone_send_line(const struct planned_message *m)
{
	return (struct phone_line){ .word = PHONE_SEND, .id = m->id, .text = m->text };
}

static enum err check(const struct order *o, bool none)
{
	struct phone_line line = phone_open_line(o);

	if (o->kind != ORDER_GATEWAY || o->message_count > ORDER_MESSAGES_MAX)
		return ERR_STATE;
	if (o->side != 1 && o->side != 2)
		return ERR_RANGE;
	if (none)
		return ERR_OK;
	if (!sayable(&line))
		return ERR_FORMAT;
	for (size_t i = 0; i < o->message_count; i++) {
		line = phone_send_line(&o->messages[i]);
		if (!sayable(&line))
			return ERR_FORMAT;
	}
	return ERR_OK;
}

static void take_messages(struct phone *p)
{
	p->count = p->none ? 0 : p->order->message_count;
	for (size_t i = 0; i < p->count; i++) {
		const struct planned_message *m = &p->order->messages[i];
		p->messages[i].record =
			(struct message_record){ .run = p->order->run,
						 .side = p->order->side,
						 .id = m->id,
						 .from_side = m->from_side,
						 .planned = phone_wall(p, phone_planned(p, i)) };
	}
}

enum err phone_new(const struct order *o, struct mono start, bool isolate, struct phone **out)
{
	bool none = o->app.len == 0 || text_is(o->app, PHONE_APP_NONE);
	enum err err = check(o, none);

	if (err != ERR_OK)
		return err;
	struct phone *p = calloc(1, sizeof(*p));
	if (p == NULL)
		return ERR_MEMORY;
	*p = (struct phone){ .order = o, .start = start, .none = none, .isolate = isolate };
	p->end = mono_add(start, o->length_ms * NS_PER_MS);
	p->close_by = MONO_NEVER;
	take_messages(p);
	*out = p;
	return ERR_OK;
}

void phone_free(struct phone **p)
{
	free(*p);
	*p = NULL;
}

void phone_hold(struct phone *p, bool held)
{
	p->held = held;
}

// --- steps -------------------------------------------------------------------------------------

static void begin(struct phone *p, enum phone_step_name name, struct mono now)
{
	if (!p->steps[name].begun)
		p->steps[name].begin = now;
	p->steps[name].begun = true;
}

static void end(struct phone *p, enum phone_step_name name, struct mono now,
		enum step_outcome outcome, const char *detail)
{
	struct phone_step *s = &p->steps[name];

	if (!s->begun || s->ended)
		return;
	s->ended = true;
	s->end = now;
	s->outcome = outcome;
	snprintf(s->detail, sizeof(s->detail), "%s", detail);
}

static void finish(struct phone_message *m, enum message_status status, const char *detail)
{
	m->final = true;
	m->record.status = status;
	snprintf(m->detail, sizeof(m->detail), "%s", detail);
}

static bool all_final(const struct phone *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (!p->messages[i].final)
			return false;
	return true;
}

static void messages_done(struct phone *p, struct mono now)
{
	if (all_final(p))
		end(p, STEP_MESSAGES, now,
		    phone_done_count(p) == p->count ? STEP_DONE : STEP_FAILED, "");
}

// What had not become final by the end is reported as what it is.
static void settle(struct phone *p, struct mono now)
{
	char detail[60];

	for (size_t i = 0; i < p->count; i++) {
		struct phone_message *m = &p->messages[i];
		if (m->final)
			continue;
		if (!phone_sends(p, i))
			finish(m, MESSAGE_LOST, "not seen until the end");
		else if (m->record.sent.ns != 0)
			finish(m, MESSAGE_SENT, "no receipt until the end");
		else
			finish(m, MESSAGE_FAILED,
			       p->failure[0] != '\0' ? p->failure : "the app was not open");
	}
	snprintf(detail, sizeof(detail), "%zu of %zu as planned", phone_done_count(p), p->count);
	end(p, STEP_MESSAGES, now, phone_done_count(p) == p->count ? STEP_DONE : STEP_FAILED,
	    detail);
}

static void over(struct phone *p, struct mono now)
{
	settle(p, now);
	end(p, STEP_PHONE, now, STEP_FAILED, "no phone answers on its control line");
	end(p, STEP_ISOLATE, now, STEP_FAILED, "the phone did not say that it does");
	end(p, STEP_OPEN, now, STEP_FAILED,
	    p->failure[0] != '\0' ? p->failure : "not open until the end");
	end(p, STEP_CLOSE, now, STEP_FAILED, "not closed in time");
	end(p, STEP_IDLE, now, STEP_DONE, "");
	p->stage = OVER;
}

// --- what happens ------------------------------------------------------------------------------

static void go(struct phone *p, struct mono now)
{
	end(p, STEP_PHONE, now, STEP_DONE, "");
	p->say_network = true;
	if (p->none) {
		begin(p, STEP_IDLE, now);
		p->stage = OPEN;
		return;
	}
	begin(p, STEP_OPEN, now);
	p->say_open = true;
	p->stage = OPENING;
}

static void opened(struct phone *p, struct mono now)
{
	if (p->stage != OPENING)
		return;
	end(p, STEP_OPEN, now, STEP_DONE, "");
	p->stage = OPEN;
	if (p->count > 0)
		begin(p, STEP_MESSAGES, now);
}

static void isolated(struct phone *p, struct mono now, const struct phone_line *line)
{
	if (span_eq(line->app, p->order->app))
		end(p, STEP_ISOLATE, now, STEP_DONE, "the phone lets the app alone speak");
}

static struct phone_message *message_find(struct phone *p, struct span id, bool sent_by_us)
{
	for (size_t i = 0; i < p->count; i++)
		if (span_eq(p->messages[i].record.id, id) && phone_sends(p, i) == sent_by_us)
			return &p->messages[i];
	return NULL;
}

// Returns true when the line makes the message final.
static bool advance(struct phone_message *m, const struct phone_line *line)
{
	char why[120];

	switch (line->word) {
	case PHONE_SENT:
		m->record.sent = line->at;
		m->record.status = MESSAGE_SENT;
		return false;
	case PHONE_DELIVERED:
		m->record.delivered = line->at;
		finish(m, MESSAGE_DELIVERED, "");
		return true;
	case PHONE_RECEIVED:
		m->record.received = line->at;
		finish(m, MESSAGE_RECEIVED, "");
		return true;
	case PHONE_FAILED:
		snprintf(why, sizeof(why), "%.*s", (int)line->text.len, line->text.at);
		finish(m, MESSAGE_FAILED, why);
		return true;
	case PHONE_OPEN:
	case PHONE_SEND:
	case PHONE_CLOSE:
	case PHONE_NETWORK:
	case PHONE_REACH:
	case PHONE_ISOLATE:
	case PHONE_REACHED:
	case PHONE_ISOLATED:
	case PHONE_STATUS:
	case PHONE_OPENED:
	case PHONE_STORED:
	case PHONE_CLOSED:
	case PHONE_STATE:
	case PHONE_WORD_COUNT_:
		break;
	}
	return false;
}

static void message_heard(struct phone *p, struct mono now, const struct phone_line *line)
{
	struct phone_message *m = message_find(p, line->id, line->word != PHONE_RECEIVED);

	if (m != NULL && !m->final && advance(m, line))
		messages_done(p, now);
}

// A phone that started anew, or that somebody else used, has to be told again.
static void state_heard(struct phone *p, const struct phone_line *line)
{
	bool ours = span_eq(line->app, p->order->app) && span_eq(line->account, p->order->account);

	if (p->none || ours || (p->stage != OPENING && p->stage != OPEN) || p->say_open)
		return;
	p->say_open = true;
	for (size_t i = 0; i < p->count; i++)
		if (phone_sends(p, i) && p->messages[i].record.sent.ns == 0)
			p->messages[i].asked = false;
}

void phone_hear(struct phone *p, struct mono now, const struct phone_line *line)
{
	if (line->word == PHONE_ISOLATED)
		isolated(p, now, line);
	if (p->stage == WAITING || p->stage == OVER || line->word == PHONE_ISOLATED)
		return;
	if (p->stage == REACHING && line->word == PHONE_STATE)
		go(p, now);
	else if (line->word == PHONE_STATE)
		state_heard(p, line);
	else if (line->word == PHONE_OPENED)
		opened(p, now);
	else if (line->word == PHONE_FAILED && text_is(line->id, PHONE_NO_ID))
		snprintf(p->failure, sizeof(p->failure), "%.*s", (int)line->text.len,
			 line->text.at);
	else if (line->word == PHONE_CLOSED && p->stage == CLOSING && !p->say_close) {
		end(p, STEP_CLOSE, now, STEP_DONE, "");
		over(p, now);
	} else {
		message_heard(p, now, line);
	}
}

// As early as can be, so that the tunnel carries nothing else from its first packet on. An empty
// run is there to show the others: what was isolated before is let go.
static void isolate(struct phone *p, struct mono now)
{
	if (!p->isolate || !p->link || p->stage >= CLOSING)
		return;
	p->say_release = p->none;
	p->say_isolate = !p->none;
	if (!p->none)
		begin(p, STEP_ISOLATE, now);
}

void phone_hear_link(struct phone *p, struct mono now, bool up)
{
	p->link = up;
	isolate(p, now);
	p->say_status = up;
}

void phone_tick(struct phone *p, struct mono now)
{
	if (p->stage == WAITING && !p->held && !mono_before(now, p->start)) {
		p->stage = REACHING;
		p->say_status = true;
		begin(p, STEP_PHONE, now);
	}
	if (p->stage < CLOSING && p->stage > WAITING && !mono_before(now, p->end)) {
		if (p->none || p->stage == REACHING) {
			over(p, now);
			return;
		}
		begin(p, STEP_CLOSE, now);
		p->say_open = false;
		p->say_close = true;
		p->say_release = p->isolate;
		p->stage = CLOSING;
		p->close_by = mono_add(now, PHONE_CLOSE_NS);
	}
	if (p->stage == CLOSING && !mono_before(now, p->close_by))
		over(p, now);
	for (size_t i = 0; p->stage == OPEN && i < p->count; i++)
		p->messages[i].due |= !mono_before(now, phone_planned(p, i));
}
