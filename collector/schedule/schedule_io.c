// SPDX-License-Identifier: Apache-2.0
#include "schedule/schedule_io.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log/log.h"
#include "schedule/registry_io.h"
#include "sys/fd.h"

struct schedule_io {
	struct schedule_events events;
	struct loop_watch *watch;
	struct registry registry;
	pthread_t thread;
	bool running;
	int fd;
};

static void word_wipe(struct schedule_word *w)
{
	free(w->keys);
	book_free(&w->orders);
}

static void hear(struct schedule_io *s, struct schedule_word *w)
{
	void *self = s->events.self;
	switch (w->kind) {
	case WORD_OPEN:
		s->events.opened(self, w->node, w->epoch, w->id, w->last_seq);
		break;
	case WORD_KEYS:
		s->events.keys(self, w->keys);
		break;
	case WORD_ORDERS:
		s->events.orders(self, &w->orders);
		break;
	case WORD_UP:
	case WORD_DOWN:
		s->events.state(self, w->kind == WORD_UP, w->what);
		break;
	}
	word_wipe(w);
}

static void ready(void *self, uint32_t events)
{
	struct schedule_io *s = self;
	struct schedule_word w;
	(void)events;
	while (recv(s->fd, &w, sizeof(w), MSG_DONTWAIT) == (ssize_t)sizeof(w))
		hear(s, &w);
}

// When thousands of agents come at once the socket is full; the caller asks again.
void schedule_io_stream(struct schedule_io *s, int32_t node, uint64_t epoch)
{
	struct schedule_word w = { .kind = WORD_OPEN, .node = node, .epoch = epoch };
	if (send(s->fd, &w, sizeof(w), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		LOG(LOG_DEBUG, "schedule", "stream_request_lost", KI("node", node));
}

void schedule_io_close(struct schedule_io **out)
{
	struct schedule_io *s = *out;
	if (s == NULL)
		return;
	// The thread sees the end of its socket, and nobody reads what it still says.
	if (s->fd >= 0)
		shutdown(s->fd, SHUT_RDWR);
	if (s->running)
		pthread_join(s->thread, NULL);
	loop_watch_drop(&s->watch);
	struct schedule_word w;
	while (s->fd >= 0 && recv(s->fd, &w, sizeof(w), MSG_DONTWAIT) == (ssize_t)sizeof(w))
		word_wipe(&w);
	fd_close(&s->fd);
	fd_close(&s->registry.fd);
	free(s);
	*out = NULL;
}

enum err schedule_io_open(const char *conninfo, const struct schedule_events *events,
			  struct loop *loop, struct schedule_io **out, struct fault *f)
{
	struct schedule_io *s = calloc(1, sizeof(*s));
	if (s == NULL)
		return fault_set(f, ERR_MEMORY, 0, "schedule: no memory");
	int pair[2] = { -1, -1 };
	enum err err = ERR_OK;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		err = fault_set(f, ERR_IO, errno, "schedule: socketpair");
	s->events = *events;
	s->fd = pair[0];
	s->registry = (struct registry){ .fd = pair[1], .conninfo = conninfo, .events = *events };
	if (err == ERR_OK)
		err = loop_watch(loop, s->fd, EPOLLIN, ready, s, &s->watch, f);
	int sys = err == ERR_OK ? pthread_create(&s->thread, NULL, registry_run, &s->registry) : 0;
	if (sys != 0)
		err = fault_set(f, ERR_IO, sys, "schedule: thread");
	s->running = err == ERR_OK && sys == 0;
	*out = s;
	if (err != ERR_OK)
		schedule_io_close(out);
	return err;
}
