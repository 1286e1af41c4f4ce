// SPDX-License-Identifier: Apache-2.0
#include "gateway/phone_io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "log/log.h"
#include "sys/clock.h"
#include "sys/fd.h"

struct phone_io {
	struct loop *loop;
	struct loop_watch *watch; // NULL: nobody to speak to
	struct loop_timer *tick, *call;
	struct phone *phone;
	struct phone_io_events ev;
	struct sockaddr_un name;
	int fd;
	bool busy, closed; // inside an event; closed by it
	size_t len;
	uint8_t in[4 * PHONE_LINE_MAX];
};

static void hang_up(struct phone_io *p)
{
	if (p->watch != NULL)
		phone_hear_link(p->phone, clock_mono(), false);
	loop_watch_drop(&p->watch);
	fd_close(&p->fd);
	p->len = 0;
	loop_timer_at(p->call, mono_add(clock_mono(), PHONE_CALL_NS));
}

static void say(struct phone_io *p, const struct phone_line *line)
{
	uint8_t bytes[PHONE_LINE_MAX];
	struct wr w = wr_of(bytes, sizeof(bytes));

	phone_line_write(&w, line);
	// A phone that does not read its few lines is called anew.
	if (p->watch != NULL && send(p->fd, bytes, w.len, MSG_NOSIGNAL) != (ssize_t)w.len)
		hang_up(p);
}

static void do_want(struct phone_io *p, const struct phone_want *want)
{
	switch (want->kind) {
	case PHONE_WANT_LINE:
		say(p, &want->line);
		break;
	case PHONE_WANT_STEP:
		p->ev.step(p->ev.self, &want->step);
		break;
	case PHONE_WANT_MESSAGE:
		p->ev.message(p->ev.self, &want->message);
		break;
	case PHONE_WANT_END:
		p->ev.end(p->ev.self, phone_done_count(p->phone), phone_planned_count(p->phone));
		break;
	}
}

static void destroy(struct phone_io *p)
{
	loop_watch_drop(&p->watch);
	loop_timer_drop(&p->tick);
	loop_timer_drop(&p->call);
	fd_close(&p->fd);
	phone_free(&p->phone);
	free(p);
}

// The end of every turn that concerns this phone; P may be gone afterwards.
static void turn(struct phone_io *p)
{
	struct phone_want want;

	p->busy = true;
	phone_tick(p->phone, clock_mono());
	while (!p->closed && phone_next(p->phone, &want))
		do_want(p, &want);
	p->busy = false;
	if (p->closed)
		destroy(p);
	else
		loop_timer_at(p->tick, phone_due(p->phone));
}

static void lines(struct phone_io *p, struct mono now)
{
	size_t used = 0;

	for (;;) {
		struct span text;
		struct phone_line line;
		size_t took = 0;
		enum err err = phone_line_cut(span_of(p->in + used, p->len - used), &text, &took);
		if (err == ERR_SHORT)
			break;
		if (err == ERR_OK)
			err = phone_line_read(text, &line);
		if (err != ERR_OK) {
			LOG(LOG_WARN, "phone", "bad_line", KT("control", p->name.sun_path));
			hang_up(p);
			return;
		}
		phone_hear(p->phone, now, &line);
		used += took;
	}
	p->len -= used;
	memmove(p->in, p->in + used, p->len);
}

static void on_ready(void *self, uint32_t events)
{
	struct phone_io *p = self;
	ssize_t n = read(p->fd, p->in + p->len, sizeof(p->in) - p->len);
	struct mono now = clock_mono();

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		hang_up(p);
	} else {
		p->len += (size_t)n;
		lines(p, now);
	}
	turn(p);
}

static void on_tick(void *self, struct mono now)
{
	(void)now;
	turn(self);
}

static void on_call(void *self, struct mono now)
{
	struct phone_io *p = self;
	struct fault f;

	p->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool reached = p->fd >= 0 &&
		       connect(p->fd, (struct sockaddr *)&p->name, sizeof(p->name)) == 0 &&
		       loop_watch(p->loop, p->fd, EPOLLIN, on_ready, p, &p->watch, &f) == ERR_OK;
	if (!reached) {
		hang_up(p);
		return;
	}
	phone_hear_link(p->phone, now, true);
	turn(p);
}

static struct mono start_of(const struct order *order)
{
	return (struct mono){ clock_mono().ns + (order->start.ns - clock_wall().ns) };
}

enum err phone_io_open(struct loop *l, const char *control, const struct order *order, bool isolate,
		       struct phone_io_events ev, struct phone_io **out, struct fault *f)
{
	struct phone_io *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return fault_set(f, ERR_MEMORY, 0, "phone: no memory");
	*p = (struct phone_io){ .loop = l, .ev = ev, .fd = -1 };
	p->name.sun_family = AF_UNIX;
	enum err err = ERR_OK;
	if (strlen(control) >= sizeof(p->name.sun_path))
		err = fault_set(f, ERR_USAGE, 0, "%.60s…: longer than a socket's path may be",
				control);
	else
		memcpy(p->name.sun_path, control, strlen(control) + 1);
	if (err == ERR_OK) {
		err = phone_new(order, start_of(order), isolate, &p->phone);
		if (err != ERR_OK)
			fault_set(f, err, 0,
				  "the order's app, accounts or messages cannot be "
				  "said to a phone");
	}
	if (err == ERR_OK)
		err = loop_timer(l, on_tick, p, &p->tick, f);
	if (err == ERR_OK)
		err = loop_timer(l, on_call, p, &p->call, f);
	if (err != ERR_OK) {
		destroy(p);
		return err;
	}
	loop_timer_at(p->call, clock_mono());
	loop_timer_at(p->tick, phone_due(p->phone));
	*out = p;
	return ERR_OK;
}

void phone_io_hold(struct phone_io *p, bool held)
{
	phone_hold(p->phone, held);
	loop_timer_at(p->tick, phone_due(p->phone));
}

bool phone_io_say(struct phone_io *p, const struct phone_line *line)
{
	if (p->watch != NULL)
		say(p, line);
	return p->watch != NULL;
}

void phone_io_close(struct phone_io **out)
{
	struct phone_io *p = *out;

	*out = NULL;
	if (p == NULL)
		return;
	p->closed = true;
	if (!p->busy)
		destroy(p);
}
