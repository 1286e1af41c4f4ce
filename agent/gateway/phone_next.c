// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "gateway/phone_part.h"

static const char *const step_names[] = { "phone", "isolate", "open", "messages", "close", "idle" };

_Static_assert(COUNT(step_names) == STEP_COUNT, "every step has its name");

static bool say(struct phone_want *out, struct phone_line line)
{
	*out = (struct phone_want){ .kind = PHONE_WANT_LINE, .line = line };
	return true;
}

static bool say_word(bool *wanted, enum phone_word word, struct phone_want *out)
{
	if (!*wanted)
		return false;
	*wanted = false;
	return say(out, (struct phone_line){ .word = word });
}

static bool next_message_line(struct phone *p, struct phone_want *out)
{
	if (p->stage != OPEN)
		return false;
	for (size_t i = 0; i < p->count; i++) {
		struct phone_message *m = &p->messages[i];
		if (!phone_sends(p, i) || !m->due || m->asked || m->final)
			continue;
		m->asked = true;
		return say(out, phone_send_line(&p->order->messages[i]));
	}
	return false;
}

static bool say_app(bool *wanted, struct span app, struct phone_want *out)
{
	if (!*wanted)
		return false;
	*wanted = false;
	return say(out, (struct phone_line){ .word = PHONE_ISOLATE, .app = app });
}

static bool next_line(struct phone *p, struct phone_want *out)
{
	if (!p->link || p->stage == OVER)
		return false;
	if (say_app(&p->say_isolate, p->order->app, out) ||
	    say_app(&p->say_release, span_text(PHONE_NO_ID), out))
		return true;
	if (p->stage == WAITING)
		return false;
	if (say_word(&p->say_status, PHONE_STATUS, out) ||
	    say_word(&p->say_network, PHONE_NETWORK, out))
		return true;
	if (p->say_open) {
		p->say_open = false;
		return say(out, phone_open_line(p->order));
	}
	return next_message_line(p, out) || say_word(&p->say_close, PHONE_CLOSE, out);
}

static bool next_step(struct phone *p, struct phone_want *out)
{
	for (size_t i = 0; i < STEP_COUNT; i++) {
		struct phone_step *s = &p->steps[i];
		if (!s->ended || s->told)
			continue;
		s->told = true;
		*out = (struct phone_want){ .kind = PHONE_WANT_STEP };
		out->step = (struct step_record){ .run = p->order->run,
						  .side = p->order->side,
						  .name = span_text(step_names[i]),
						  .begin = phone_wall(p, s->begin),
						  .end = phone_wall(p, s->end),
						  .outcome = s->outcome,
						  .detail = span_text(s->detail) };
		return true;
	}
	return false;
}

static bool next_message(struct phone *p, struct phone_want *out)
{
	for (size_t i = 0; i < p->count; i++) {
		struct phone_message *m = &p->messages[i];
		if (!m->final || m->told)
			continue;
		m->told = true;
		*out = (struct phone_want){ .kind = PHONE_WANT_MESSAGE, .message = m->record };
		out->message.detail = span_text(m->detail);
		return true;
	}
	return false;
}

bool phone_next(struct phone *p, struct phone_want *out)
{
	if (next_line(p, out) || next_step(p, out) || next_message(p, out))
		return true;
	if (p->stage != OVER || p->over_told)
		return false;
	p->over_told = true;
	*out = (struct phone_want){ .kind = PHONE_WANT_END };
	return true;
}

struct mono phone_due(const struct phone *p)
{
	struct mono due = p->end;

	if (p->stage == WAITING)
		return p->held ? MONO_NEVER : p->start;
	if (p->stage == OVER)
		return MONO_NEVER;
	if (p->stage == CLOSING)
		return p->close_by;
	for (size_t i = 0; p->stage == OPEN && i < p->count; i++)
		if (phone_sends(p, i) && !p->messages[i].due)
			due = mono_min(due, phone_planned(p, i));
	return due;
}

size_t phone_planned_count(const struct phone *p)
{
	return p->count;
}

size_t phone_done_count(const struct phone *p)
{
	size_t n = 0;
	for (size_t i = 0; i < p->count; i++)
		n += p->messages[i].final && (p->messages[i].record.status == MESSAGE_DELIVERED ||
					      p->messages[i].record.status == MESSAGE_RECEIVED);
	return n;
}
