// SPDX-License-Identifier: Apache-2.0
#include "fetch/multi_io.h"

#include <stdlib.h>

#include "sys/clock.h"

struct multi {
	CURLM *curl;
	struct loop *loop;
	struct loop_timer *timer;
	multi_action_fn *action;
	void *self;
};

struct socket_watch {
	struct multi *multi;
	curl_socket_t fd;
	struct loop_watch *watch;
};

static void on_ready(void *self, uint32_t events)
{
	const struct socket_watch *s = self;
	struct multi *m = s->multi;
	int running;
	int what = ((events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
		   ((events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
		   ((events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0);
	curl_multi_socket_action(m->curl, s->fd, what, &running); // S may be gone now
	m->action(m->self);
}

static int drop_watch(struct multi *m, curl_socket_t fd, struct socket_watch *s)
{
	if (s != NULL)
		loop_watch_drop(&s->watch);
	free(s);
	curl_multi_assign(m->curl, fd, NULL);
	return 0;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *self, void *socket)
{
	struct multi *m = self;
	struct socket_watch *s = socket;
	struct fault f;
	uint32_t events = ((what & CURL_POLL_IN) != 0 ? EPOLLIN : 0U) |
			  ((what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U);
	(void)easy;
	if (what == CURL_POLL_REMOVE)
		return drop_watch(m, fd, s);
	if (s != NULL)
		return loop_watch_events(s->watch, events, &f) == ERR_OK ? 0 : -1;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return -1;
	s->multi = m;
	s->fd = fd;
	if (loop_watch(m->loop, fd, events, on_ready, s, &s->watch, &f) != ERR_OK) {
		free(s);
		return -1;
	}
	curl_multi_assign(m->curl, fd, s);
	return 0;
}

static int on_timer(CURLM *curl, long ms, void *self)
{
	const struct multi *m = self;
	(void)curl;
	loop_timer_at(m->timer, ms < 0 ? MONO_NEVER : mono_add(clock_mono(), ms * NS_PER_MS));
	return 0;
}

static void on_due(void *self, struct mono now)
{
	struct multi *m = self;
	int running;
	(void)now;
	curl_multi_socket_action(m->curl, CURL_SOCKET_TIMEOUT, 0, &running);
	m->action(m->self);
}

enum err multi_open(struct loop *l, multi_action_fn *fn, void *self, struct multi **out,
		    struct fault *f)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return fault_set(f, ERR_UNSUPPORTED, 0, "libcurl does not start");
	struct multi *m = *out = calloc(1, sizeof(*m));
	if (m == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory");
	m->loop = l;
	m->action = fn;
	m->self = self;
	m->curl = curl_multi_init();
	enum err err = m->curl == NULL ? fault_set(f, ERR_MEMORY, 0, "no memory")
				       : loop_timer(l, on_due, m, &m->timer, f);
	if (err != ERR_OK) {
		multi_close(out);
		return err;
	}
	curl_multi_setopt(m->curl, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(m->curl, CURLMOPT_SOCKETDATA, m);
	curl_multi_setopt(m->curl, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(m->curl, CURLMOPT_TIMERDATA, m);
	curl_multi_setopt(m->curl, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	return ERR_OK;
}

void multi_close(struct multi **out)
{
	struct multi *m = *out;
	if (m == NULL)
		return;
	if (m->curl != NULL)
		curl_multi_cleanup(m->curl);
	if (m->timer != NULL)
		loop_timer_drop(&m->timer);
	curl_global_cleanup();
	free(m);
	*out = NULL;
}

CURLM *multi_curl(const struct multi *m)
{
	return m->curl;
}
