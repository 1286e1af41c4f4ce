// SPDX-License-Identifier: Apache-2.0
#include "local/trace_feed.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/options.h"
#include "sys/clock.h"

const char *trace_feed_name(const struct trace_feed *t, uint64_t tag, struct addr a,
			    char text[static ADDR_TEXT])
{
	addr_write(a, text);
	return t->targets.from_input ? text : t->targets.items[tag - 1].name;
}

static void stop_when_done(struct trace_feed *t)
{
	if (t->ended && !t->holding && t->done + t->failed == t->targets.taken)
		loop_stop(t->loop);
}

// False when it has to wait: its flow is busy (a target named twice), or there is no room.
static bool begin(struct trace_feed *t, const struct trace_wish *w)
{
	char text[ADDR_TEXT];
	uint64_t tag = t->targets.taken;
	enum err err = t->engine->put(t->self, w, tag);
	if ((err == ERR_EXISTS || err == ERR_FULL) && t->engine->count(t->self) > 0)
		return false;
	if (err != ERR_OK) {
		fprintf(stderr, "waymark trace: %s: cannot start (%s)\n",
			trace_feed_name(t, tag, w->addr, text), err_name(err));
		t->failed++;
	}
	return true;
}

static void wait_for_input(struct trace_feed *t, bool wait)
{
	struct fault f;
	if (t->input != NULL && loop_watch_events(t->input, wait ? EPOLLIN : 0, &f) != ERR_OK)
		(void)cli_fail("waymark trace", &f);
}

static void begin_all(struct trace_feed *t)
{
	enum trace_supply supply = TRACE_SUPPLY_ONE;
	while (!t->ended && t->engine->count(t->self) < t->most) {
		if (!t->holding)
			supply = trace_targets_take(&t->targets, &t->held);
		if (supply != TRACE_SUPPLY_ONE)
			break;
		t->holding = !begin(t, &t->held);
		if (t->holding)
			break;
	}
	t->ended = t->ended || supply == TRACE_SUPPLY_END;
	wait_for_input(t, supply == TRACE_SUPPLY_LATER);
}

static void on_room(void *self, struct mono now)
{
	struct trace_feed *t = self;
	(void)now;
	begin_all(t);
	stop_when_done(t);
}

// Not at once: while one is handed over its place and its flow are not free yet.
void trace_feed_more(struct trace_feed *t)
{
	loop_timer_at(t->room, clock_mono());
}

void trace_feed_told(struct trace_feed *t, bool refused)
{
	t->done++;
	t->refused += refused;
	stop_when_done(t);
}

static void on_input(void *self, uint32_t events)
{
	struct trace_feed *t = self;
	(void)events;
	trace_targets_hear(&t->targets);
	begin_all(t);
	stop_when_done(t);
}

static void on_signal(void *self, uint32_t number)
{
	struct trace_feed *t = self;
	if (number != SIGINT && number != SIGTERM)
		return;
	t->interrupted = true;
	t->engine->stop(t->self);
	loop_stop(t->loop);
}

enum err trace_feed_open(struct trace_feed *t, struct loop *l, struct fault *f)
{
	t->loop = l;
	enum err err = loop_signals(l, on_signal, t, f);
	if (err == ERR_OK)
		err = loop_timer(l, on_room, t, &t->room, f);
	if (err == ERR_OK && t->targets.from_input && !t->targets.file)
		err = loop_watch(l, STDIN_FILENO, 0, on_input, t, &t->input, f);
	return err;
}

enum err trace_feed_run(struct trace_feed *t, struct fault *f)
{
	begin_all(t);
	bool kept = t->engine->kept != NULL && t->engine->kept(t->self) > 0;
	if (!t->ended || kept || t->engine->count(t->self) > 0)
		return loop_run(t->loop, f);
	return ERR_OK;
}

int trace_feed_status(const struct trace_feed *t, size_t partly)
{
	size_t bad = t->refused + t->failed + partly + t->targets.bad;
	if (t->interrupted)
		return err_exit(ERR_CANCELED);
	if (bad == 0)
		return 0;
	if (t->refused > 0 && t->refused == t->targets.taken + t->targets.bad)
		return err_exit(ERR_REFUSED);
	return t->done > t->refused ? 3 : 1;
}
