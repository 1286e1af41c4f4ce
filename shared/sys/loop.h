// SPDX-License-Identifier: Apache-2.0
//
// One epoll loop for one thread. Within a turn: ready descriptors (receive and timestamp), then due
// timers, then the turn hooks (tick, send, flush), in that order: it is a measurement decision.
// Handles are owned by the loop until their _drop or loop_free; callbacks may drop any handle,
// their own included.
#pragma once

#include <sys/epoll.h>

#include "base/time.h"

struct loop;
struct loop_watch;
struct loop_timer;

// EVENTS: the epoll bits that are up.
typedef void loop_ready_fn(void *self, uint32_t events);
typedef void loop_due_fn(void *self, struct mono now);

enum err loop_new(struct loop **out, struct fault *f) MUSTUSE;
void loop_free(struct loop **l);

// Level-triggered. The descriptor stays the caller's; drop the watch before closing it.
enum err loop_watch(struct loop *l, int fd, uint32_t events, loop_ready_fn *fn, void *self,
		    struct loop_watch **out, struct fault *f) MUSTUSE;
enum err loop_watch_events(struct loop_watch *w, uint32_t events, struct fault *f) MUSTUSE;
void loop_watch_drop(struct loop_watch **w);

// A timer that is not armed yet. Firing disarms it.
enum err loop_timer(struct loop *l, loop_due_fn *fn, void *self, struct loop_timer **out,
		    struct fault *f) MUSTUSE;
void loop_timer_at(struct loop_timer *t, struct mono at); // MONO_NEVER disarms
void loop_timer_drop(struct loop_timer **t);

// FN runs once a turn, after descriptors and timers.
enum err loop_hook(struct loop *l, loop_due_fn *fn, void *self, struct fault *f) MUSTUSE;

// SIGINT, SIGTERM and SIGCHLD by signalfd: call before threads start; FN gets the signal number in
// EVENTS.
enum err loop_signals(struct loop *l, loop_ready_fn *fn, void *self, struct fault *f) MUSTUSE;

// Runs until loop_stop; one turn waits at most until the next timer.
enum err loop_run(struct loop *l, struct fault *f) MUSTUSE;
enum err loop_turn(struct loop *l, struct mono until, struct fault *f) MUSTUSE;
void loop_stop(struct loop *l);
struct mono loop_now(const struct loop *l); // the time this turn began
