// SPDX-License-Identifier: Apache-2.0
#include "lab/crowd_tcp_io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/socket_name.h"

#define QUESTION_MAX 1500
#define IDLE_NS      (10 * NS_PER_S)

struct talk {
	struct crowd_tcp *in;
	int fd; // -1: free
	struct addr asked, asker;
	struct loop_watch *watch;
	struct mono last;
	size_t len;
	uint8_t bytes[2 + QUESTION_MAX];
};

struct crowd_tcp {
	struct loop *loop;
	struct crowd *crowd;
	struct loop_watch *watch;
	int fd;
	struct talk talks[CROWD_TCP_MAX];
};

static void talk_end(struct talk *t)
{
	loop_watch_drop(&t->watch);
	fd_close(&t->fd);
}

// False: the connection is to end.
static bool answer(struct talk *t, struct span message)
{
	struct crowd_question q = { t->asked, t->asker, message, true };
	struct crowd_answer a;
	uint8_t frame[2 + CROWD_ANSWER_MAX];

	if (!crowd_hear(t->in->crowd, &q, clock_mono(), &a))
		return false;
	frame[0] = (uint8_t)(a.len >> 8);
	frame[1] = (uint8_t)a.len;
	memcpy(frame + 2, a.bytes, a.len);
	return send(t->fd, frame, a.len + 2, MSG_NOSIGNAL) == (ssize_t)(a.len + 2);
}

static bool questions(struct talk *t)
{
	while (t->len >= 2) {
		size_t want = (size_t)t->bytes[0] << 8 | t->bytes[1];
		if (want > QUESTION_MAX)
			return false;
		if (t->len < want + 2)
			return true;
		if (!answer(t, span_of(t->bytes + 2, want)))
			return false;
		t->len -= want + 2;
		memmove(t->bytes, t->bytes + want + 2, t->len);
	}
	return true;
}

static void talk_ready(void *self, uint32_t events)
{
	struct talk *t = self;
	ssize_t len = recv(t->fd, t->bytes + t->len, sizeof(t->bytes) - t->len, MSG_DONTWAIT);

	(void)events;
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (len > 0) {
		t->len += (size_t)len;
		t->last = clock_mono();
	}
	if (len <= 0 || !questions(t))
		talk_end(t);
}

// A free place, or that of a connection nobody spoke on for long.
static struct talk *place(struct crowd_tcp *s)
{
	struct mono old = mono_add(clock_mono(), -IDLE_NS);

	for (int i = 0; i < CROWD_TCP_MAX; i++) {
		if (s->talks[i].fd >= 0 && mono_before(s->talks[i].last, old))
			talk_end(&s->talks[i]);
		if (s->talks[i].fd < 0)
			return &s->talks[i];
	}
	return NULL;
}

static void accept_ready(void *self, uint32_t events)
{
	struct crowd_tcp *s = self;
	union socket_name peer, own;
	socklen_t peer_len = sizeof(peer), own_len = sizeof(own);
	AUTO(fd_close)
	int fd = accept4(s->fd, &peer.any, &peer_len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct talk *t = fd >= 0 ? place(s) : NULL;

	(void)events;
	if (!t || getsockname(fd, &own.any, &own_len) != 0)
		return;
	*t = (struct talk){ .in = s,
			    .fd = fd,
			    .asked = socket_name_addr(&own, NULL),
			    .asker = socket_name_addr(&peer, NULL),
			    .last = clock_mono() };
	fd = -1;
	if (loop_watch(s->loop, t->fd, EPOLLIN, talk_ready, t, &t->watch, NULL) != ERR_OK)
		talk_end(t);
}

enum err crowd_tcp_open(struct loop *loop, struct crowd *crowd, int family, struct crowd_tcp **out,
			struct fault *f)
{
	struct crowd_tcp *s = calloc(1, sizeof(*s));
	bool v6 = family == 6;
	union socket_name any;
	socklen_t len = socket_name_of((struct addr){ .family = v6 ? 6 : 4 }, 53, &any);
	int on = 1;

	if (!s)
		return fault_set(f, ERR_MEMORY, 0, "no memory for TCP");
	s->loop = loop;
	s->crowd = crowd;
	for (int i = 0; i < CROWD_TCP_MAX; i++)
		s->talks[i].fd = -1;
	s->fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	enum err err = ERR_OK;
	if (s->fd < 0 || setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    (v6 && setsockopt(s->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0) ||
	    bind(s->fd, &any.any, len) != 0 || listen(s->fd, 512) != 0)
		err = fault_set(f, ERR_IO, errno, "cannot listen on TCP port 53");
	if (err == ERR_OK)
		err = loop_watch(loop, s->fd, EPOLLIN, accept_ready, s, &s->watch, f);
	if (err != ERR_OK)
		crowd_tcp_close(&s);
	*out = s;
	return err;
}

void crowd_tcp_close(struct crowd_tcp **t)
{
	struct crowd_tcp *s = *t;

	if (!s)
		return;
	for (int i = 0; i < CROWD_TCP_MAX; i++)
		talk_end(&s->talks[i]);
	loop_watch_drop(&s->watch);
	fd_close(&s->fd);
	free(s);
	*t = NULL;
}
