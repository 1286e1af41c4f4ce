// SPDX-License-Identifier: Apache-2.0
//
// phone_driver APP SOCKET1 SOCKET2: both gateways' parts of one run on two phones of a lab. Prints
// the records, times in milliseconds after the planned start.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/phone_io.h"
#include "sys/clock.h"

#define LENGTH_MS 5000

struct side {
	struct order order;
	struct phone_io *io;
	struct loop *loop;
	int *left; // sides not over yet
};

static const struct planned_message planned[] = {
	{ .from_side = 1, .offset_ms = 1500 },
	{ .from_side = 2, .offset_ms = 2000 },
	{ .from_side = 1, .offset_ms = 2500 },
	{ .from_side = 2, .offset_ms = 3000 },
};
static const char *const ids[] = { "w-1", "w-2", "w-3", "w-4" };

static double after(const struct side *s, struct wall t)
{
	return t.ns == 0 ? 0 : (double)(t.ns - s->order.start.ns) / NS_PER_MS;
}

static void on_step(void *self, const struct step_record *r)
{
	struct side *s = self;
	printf("step %d %.*s %d %.1f %.1f %.*s\n", s->order.side, (int)r->name.len, r->name.at,
	       (int)r->outcome, after(s, r->begin), after(s, r->end), (int)r->detail.len,
	       r->detail.at);
}

static void on_message(void *self, const struct message_record *r)
{
	struct side *s = self;
	printf("message %d %.*s %d %d %.1f %.1f %.1f %.1f %.*s\n", s->order.side, (int)r->id.len,
	       r->id.at, r->from_side, (int)r->status, after(s, r->planned), after(s, r->sent),
	       after(s, r->delivered), after(s, r->received), (int)r->detail.len, r->detail.at);
}

static void on_end(void *self, size_t messages, size_t count)
{
	struct side *s = self;
	printf("end %d %zu %zu\n", s->order.side, messages, count);
	phone_io_close(&s->io);
	if (--*s->left == 0)
		loop_stop(s->loop);
}

static enum err begin(struct side *s, uint8_t number, char **argv, struct wall start,
		      struct fault *f)
{
	static const char *const accounts[] = { "one", "two" };
	struct phone_io_events ev = {
		.step = on_step, .message = on_message, .end = on_end, .self = s
	};

	s->order = (struct order){ .kind = ORDER_GATEWAY,
				   .side = number,
				   .app = span_text(argv[1]),
				   .start = start,
				   .length_ms = LENGTH_MS,
				   .account = span_text(accounts[number - 1]),
				   .peer_account = span_text(accounts[2 - number]),
				   .message_count = COUNT(planned) };
	for (size_t i = 0; i < COUNT(planned); i++) {
		s->order.messages[i] = planned[i];
		s->order.messages[i].id = span_text(ids[i]);
		s->order.messages[i].text = span_text("Attention must be paid.");
	}
	return phone_io_open(s->loop, argv[1 + number], &s->order, false, ev, &s->io, f);
}

int main(int argc, char **argv)
{
	AUTO(loop_free) struct loop *l = NULL;
	struct side *sides = calloc(2, sizeof(*sides));
	struct wall start = { clock_wall().ns + NS_PER_S };
	struct fault f = { 0 };
	int left = 2;

	if (argc != 4 || sides == NULL)
		return 2;
	enum err err = loop_new(&l, &f);
	for (uint8_t i = 0; err == ERR_OK && i < 2; i++) {
		sides[i].loop = l;
		sides[i].left = &left;
		err = begin(&sides[i], (uint8_t)(i + 1), argv, start, &f);
	}
	if (err == ERR_OK)
		err = loop_run(l, &f);
	if (err != ERR_OK)
		fprintf(stderr, "phone_driver: %s\n", f.what);
	free(sides);
	return err_exit(err);
}
