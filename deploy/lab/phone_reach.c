// SPDX-License-Identifier: Apache-2.0
#include "lab/phone_reach.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/text.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/socket_name.h"

struct way {
	struct phone_reach *owner;
	struct loop_watch *watch; // NULL: free
	int fd;
	bool said; // the bytes are out
	struct mono until;
	char id[PHONE_WORD_MAX + 1];
	uint8_t bytes[PHONE_TEXT_MAX / 2];
	size_t len;
};

struct phone_reach {
	struct loop *loop;
	struct loop_timer *timer;
	phone_reach_fn *fn;
	void *self;
	struct way ways[REACH_MAX];
};

static void tell(struct phone_reach *r, const char *id, const char *why)
{
	const struct phone_line line = {
		.word = why == NULL ? PHONE_REACHED : PHONE_FAILED,
		.id = span_text(id),
		.text = span_text(why == NULL ? "" : why),
		.at = clock_wall(),
	};
	r->fn(r->self, &line);
}

static void finish(struct way *w, const char *why)
{
	char id[sizeof(w->id)];
	memcpy(id, w->id, sizeof(id));
	loop_watch_drop(&w->watch);
	fd_close(&w->fd);
	tell(w->owner, id, why);
}

static void on_ready(void *self, uint32_t events)
{
	struct way *w = self;
	uint8_t room[2048];
	struct fault f;
	(void)events;
	if (!w->said) {
		w->said = true;
		if (send(w->fd, w->bytes, w->len, MSG_NOSIGNAL) != (ssize_t)w->len ||
		    loop_watch_events(w->watch, EPOLLIN, &f) != ERR_OK)
			finish(w, "connect refused");
		return;
	}
	ssize_t n = recv(w->fd, room, sizeof(room), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	finish(w, n > 0 ? NULL : "connect nothing came back");
}

static void on_time(void *self, struct mono now)
{
	struct phone_reach *r = self;
	struct mono next = MONO_NEVER;
	for (size_t i = 0; i < REACH_MAX; i++) {
		struct way *w = &r->ways[i];
		if (w->watch != NULL && !mono_before(now, w->until))
			finish(w, "lost no answer in time");
		else if (w->watch != NULL)
			next = mono_min(next, w->until);
	}
	loop_timer_at(r->timer, next);
}

static enum err way_read(struct span text, int *type, union socket_name *to, socklen_t *to_len,
			 struct way *w)
{
	struct span kind = text_word(&text), where = text_word(&text), number = text_word(&text);
	struct addr a;
	uint64_t port;
	if (addr_read(where, &a) != ERR_OK || text_u64(number, 1, 65535, &port) != ERR_OK ||
	    text.len / 2 > sizeof(w->bytes) || text_unhex(text, w->bytes, text.len / 2) != ERR_OK)
		return ERR_FORMAT;
	*type = text_is(kind, "tcp") ? SOCK_STREAM : SOCK_DGRAM;
	w->len = text.len / 2;
	*to_len = socket_name_of(a, (uint16_t)port, to);
	return ERR_OK;
}

static struct way *free_way(struct phone_reach *r)
{
	for (size_t i = 0; i < REACH_MAX; i++)
		if (r->ways[i].watch == NULL)
			return &r->ways[i];
	return NULL;
}

void phone_reach_start(struct phone_reach *r, const struct phone_line *command)
{
	struct way *w = free_way(r);
	struct fault f;
	union socket_name to;
	socklen_t to_len = 0;
	int type = SOCK_DGRAM;
	char id[PHONE_WORD_MAX + 1];
	if (text_copy(id, sizeof(id), command->id) != ERR_OK)
		return;
	if (w == NULL || way_read(command->text, &type, &to, &to_len, w) != ERR_OK) {
		tell(r, id, w == NULL ? "full" : "state no such way");
		return;
	}
	w->owner = r;
	w->said = false;
	memcpy(w->id, id, sizeof(id));
	w->until = mono_add(clock_mono(), REACH_PATIENCE);
	w->fd = socket(to.any.sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool gone = w->fd < 0 || (connect(w->fd, &to.any, to_len) != 0 && errno != EINPROGRESS);
	if (gone || loop_watch(r->loop, w->fd, EPOLLOUT, on_ready, w, &w->watch, &f) != ERR_OK) {
		w->watch = NULL;
		fd_close(&w->fd);
		tell(r, id, "connect no way there");
		return;
	}
	loop_timer_at(r->timer, w->until);
}

enum err phone_reach_new(struct loop *l, phone_reach_fn *fn, void *self, struct phone_reach **out,
			 struct fault *f)
{
	struct phone_reach *r = calloc(1, sizeof(*r));
	if (r == NULL)
		return fault_set(f, ERR_MEMORY, 0, "phone: no memory");
	*r = (struct phone_reach){ .loop = l, .fn = fn, .self = self };
	enum err err = loop_timer(l, on_time, r, &r->timer, f);
	if (err != ERR_OK)
		phone_reach_free(&r);
	*out = r;
	return err;
}

void phone_reach_free(struct phone_reach **out)
{
	struct phone_reach *r = *out;
	if (r == NULL)
		return;
	for (size_t i = 0; i < REACH_MAX; i++) {
		if (r->ways[i].watch == NULL)
			continue;
		loop_watch_drop(&r->ways[i].watch);
		fd_close(&r->ways[i].fd);
	}
	loop_timer_drop(&r->timer);
	free(r);
	*out = NULL;
}
