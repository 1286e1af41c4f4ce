// SPDX-License-Identifier: Apache-2.0
#include "sys/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/fd.h"

#define LOOP_EVENTS 64 // descriptors taken from the kernel in one turn
#define LOOP_HOOKS  16

struct loop_watch {
	struct loop *loop;
	struct loop_watch *next;
	loop_ready_fn *fn; // NULL once dropped
	void *self;
	int fd;
};

struct loop_timer {
	struct loop *loop;
	struct loop_timer *next;
	loop_due_fn *fn; // NULL once dropped
	void *self;
	struct mono at;
};

struct loop {
	int epoll, signals;
	bool stop;
	struct mono now;
	struct loop_watch *watches;
	struct loop_timer *timers;
	struct {
		loop_due_fn *fn;
		void *self;
	} hooks[LOOP_HOOKS];
	size_t hook_count;
	loop_ready_fn *signal_fn;
	void *signal_self;
};

enum err loop_new(struct loop **out, struct fault *f)
{
	struct loop *l = calloc(1, sizeof(*l));
	if (l == NULL)
		return fault_set(f, ERR_MEMORY, 0, "event loop: no memory");
	l->signals = -1;
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll < 0) {
		free(l);
		return fault_set(f, ERR_IO, errno, "epoll_create1");
	}
	l->now = clock_mono();
	*out = l;
	return ERR_OK;
}

void loop_free(struct loop **out)
{
	struct loop *l = *out;
	if (l == NULL)
		return;
	for (struct loop_watch *w = l->watches, *next; w != NULL; w = next) {
		next = w->next;
		free(w);
	}
	for (struct loop_timer *t = l->timers, *next; t != NULL; t = next) {
		next = t->next;
		free(t);
	}
	fd_close(&l->signals);
	fd_close(&l->epoll);
	free(l);
	*out = NULL;
}

enum err loop_watch(struct loop *l, int fd, uint32_t events, loop_ready_fn *fn, void *self,
		    struct loop_watch **out, struct fault *f)
{
	struct loop_watch *w = calloc(1, sizeof(*w));
	if (w == NULL)
		return fault_set(f, ERR_MEMORY, 0, "event loop: no memory");
	*w = (struct loop_watch){ .loop = l, .fn = fn, .self = self, .fd = fd, .next = l->watches };
	struct epoll_event ev = { .events = events, .data.ptr = w };
	if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &ev) != 0) {
		free(w);
		return fault_set(f, ERR_IO, errno, "epoll: cannot watch descriptor %d", fd);
	}
	l->watches = w;
	if (out != NULL)
		*out = w;
	return ERR_OK;
}

enum err loop_watch_events(struct loop_watch *w, uint32_t events, struct fault *f)
{
	struct epoll_event ev = { .events = events, .data.ptr = w };
	if (epoll_ctl(w->loop->epoll, EPOLL_CTL_MOD, w->fd, &ev) != 0)
		return fault_set(f, ERR_IO, errno, "epoll: cannot change descriptor %d", w->fd);
	return ERR_OK;
}

// Freed at the end of the turn, since the kernel may already have handed out the pointer.
void loop_watch_drop(struct loop_watch **out)
{
	struct loop_watch *w = *out;
	if (w == NULL)
		return;
	(void)epoll_ctl(w->loop->epoll, EPOLL_CTL_DEL, w->fd, NULL);
	w->fn = NULL;
	*out = NULL;
}

enum err loop_timer(struct loop *l, loop_due_fn *fn, void *self, struct loop_timer **out,
		    struct fault *f)
{
	struct loop_timer *t = calloc(1, sizeof(*t));
	if (t == NULL)
		return fault_set(f, ERR_MEMORY, 0, "event loop: no memory");
	*t = (struct loop_timer){
		.loop = l, .fn = fn, .self = self, .at = MONO_NEVER, .next = l->timers
	};
	l->timers = t;
	*out = t;
	return ERR_OK;
}

void loop_timer_at(struct loop_timer *t, struct mono at)
{
	t->at = at;
}

void loop_timer_drop(struct loop_timer **out)
{
	if (*out == NULL)
		return;
	(*out)->fn = NULL;
	(*out)->at = MONO_NEVER;
	*out = NULL;
}

enum err loop_hook(struct loop *l, loop_due_fn *fn, void *self, struct fault *f)
{
	if (l->hook_count == LOOP_HOOKS)
		return fault_set(f, ERR_FULL, 0, "event loop: more than %d hooks", LOOP_HOOKS);
	l->hooks[l->hook_count].fn = fn;
	l->hooks[l->hook_count++].self = self;
	return ERR_OK;
}

static void on_signal(void *self, uint32_t events)
{
	struct loop *l = self;
	struct signalfd_siginfo info;
	(void)events;
	while (read(l->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		l->signal_fn(l->signal_self, info.ssi_signo);
}

enum err loop_signals(struct loop *l, loop_ready_fn *fn, void *self, struct fault *f)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGCHLD);
	l->signal_fn = fn;
	l->signal_self = self;
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return fault_set(f, ERR_IO, errno, "sigprocmask");
	l->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (l->signals < 0)
		return fault_set(f, ERR_IO, errno, "signalfd");
	return loop_watch(l, l->signals, EPOLLIN, on_signal, l, NULL, f);
}

static struct mono first_due(const struct loop *l)
{
	struct mono first = MONO_NEVER;
	for (const struct loop_timer *t = l->timers; t != NULL; t = t->next)
		first = mono_min(first, t->at);
	return first;
}

static int wait_ms(struct mono due)
{
	if (due.ns == INT64_MAX)
		return -1;
	int64_t left = mono_since(due, clock_mono());
	if (left <= 0)
		return 0;
	int64_t ms = (left + NS_PER_MS - 1) / NS_PER_MS;
	return ms > 60000 ? 60000 : (int)ms;
}

static void fire(struct loop *l)
{
	for (struct loop_timer *t = l->timers; t != NULL; t = t->next) {
		if (t->fn == NULL || mono_before(l->now, t->at))
			continue;
		t->at = MONO_NEVER;
		t->fn(t->self, l->now);
	}
}

static void sweep(struct loop *l)
{
	for (struct loop_watch **w = &l->watches; *w != NULL;) {
		struct loop_watch *gone = *w;
		if (gone->fn != NULL) {
			w = &gone->next;
			continue;
		}
		*w = gone->next;
		free(gone);
	}
	for (struct loop_timer **t = &l->timers; *t != NULL;) {
		struct loop_timer *gone = *t;
		if (gone->fn != NULL) {
			t = &gone->next;
			continue;
		}
		*t = gone->next;
		free(gone);
	}
}

enum err loop_turn(struct loop *l, struct mono until, struct fault *f)
{
	struct epoll_event events[LOOP_EVENTS];
	int n = epoll_wait(l->epoll, events, LOOP_EVENTS, wait_ms(mono_min(first_due(l), until)));
	if (n < 0 && errno != EINTR)
		return fault_set(f, ERR_IO, errno, "epoll_wait");
	l->now = clock_mono();
	for (int i = 0; i < n; i++) {
		struct loop_watch *w = events[i].data.ptr;
		if (w->fn != NULL)
			w->fn(w->self, events[i].events);
	}
	l->now = clock_mono();
	fire(l);
	for (size_t i = 0; i < l->hook_count; i++)
		l->hooks[i].fn(l->hooks[i].self, l->now);
	sweep(l);
	return ERR_OK;
}

enum err loop_run(struct loop *l, struct fault *f)
{
	enum err err = ERR_OK;
	while (err == ERR_OK && !l->stop)
		err = loop_turn(l, MONO_NEVER, f);
	l->stop = false;
	return err;
}

void loop_stop(struct loop *l)
{
	l->stop = true;
}

struct mono loop_now(const struct loop *l)
{
	return l->now;
}
