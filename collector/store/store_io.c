// SPDX-License-Identifier: Apache-2.0
#include "store/store_io.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "store/writer_io.h"
#include "sys/fd.h"

#define SPARE_MAX 8 // empty groups kept for reuse

struct store {
	struct store_config config;
	struct loop_watch *watch;
	struct writer writer;
	pthread_t thread;
	bool running;
	int fd; // our end
	size_t pending;
	struct group *spare[SPARE_MAX];
	size_t spare_count;
};

static void keep(struct store *s, struct group *g)
{
	if (s->spare_count == SPARE_MAX) {
		group_free(&g);
		return;
	}
	group_reset(g);
	s->spare[s->spare_count++] = g;
}

static void ready(void *self, uint32_t events)
{
	struct store *s = self;
	struct store_word word;
	(void)events;
	while (recv(s->fd, &word, sizeof(word), MSG_DONTWAIT) == (ssize_t)sizeof(word)) {
		if (word.kind == STORE_GROUP) {
			s->pending--;
			s->config.done(s->config.self, word.group);
			keep(s, word.group);
		} else {
			s->config.state(s->config.self, word.kind == STORE_UP, word.what);
		}
	}
}

struct group *store_take(struct store *s)
{
	return s->spare_count > 0 ? s->spare[--s->spare_count] : group_new();
}

void store_put(struct store *s, struct group **g)
{
	struct store_word word = { .kind = STORE_GROUP, .group = *g };
	// The socket holds far more words than groups ever wait.
	ssize_t n = send(s->fd, &word, sizeof(word), MSG_NOSIGNAL);
	assert(n == (ssize_t)sizeof(word));
	s->pending++;
	*g = NULL;
}

size_t store_pending(const struct store *s)
{
	return s->pending;
}

static void drop_words(int fd)
{
	struct store_word word;
	while (fd >= 0 && recv(fd, &word, sizeof(word), MSG_DONTWAIT) == (ssize_t)sizeof(word))
		if (word.kind == STORE_GROUP)
			group_free(&word.group);
}

void store_close(struct store **out)
{
	struct store *s = *out;
	if (s == NULL)
		return;
	if (s->running) {
		struct store_word word = { .kind = STORE_STOP };
		(void)!eventfd_write(s->writer.halt, 1);
		(void)!send(s->fd, &word, sizeof(word), MSG_NOSIGNAL);
		pthread_join(s->thread, NULL);
	}
	loop_watch_drop(&s->watch);
	drop_words(s->fd);
	drop_words(s->writer.fd);
	fd_close(&s->fd);
	fd_close(&s->writer.fd);
	fd_close(&s->writer.halt);
	while (s->spare_count > 0)
		group_free(&s->spare[--s->spare_count]);
	free(s);
	*out = NULL;
}

enum err store_open(const struct store_config *c, struct loop *loop, struct store **out,
		    struct fault *f)
{
	struct store *s = calloc(1, sizeof(*s));
	if (s == NULL)
		return fault_set(f, ERR_MEMORY, 0, "store: no memory");
	int pair[2] = { -1, -1 };
	enum err err = ERR_OK;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		err = fault_set(f, ERR_IO, errno, "store: socketpair");
	s->config = *c;
	s->fd = pair[0];
	s->writer = (struct writer){ .fd = pair[1],
				     .halt = eventfd(0, EFD_CLOEXEC),
				     .conninfo = c->conninfo,
				     .keep_bodies = c->keep_bodies };
	if (err == ERR_OK && s->writer.halt < 0)
		err = fault_set(f, ERR_IO, errno, "store: eventfd");
	if (err == ERR_OK)
		err = loop_watch(loop, s->fd, EPOLLIN, ready, s, &s->watch, f);
	int sys = err == ERR_OK ? pthread_create(&s->thread, NULL, writer_run, &s->writer) : 0;
	if (sys != 0)
		err = fault_set(f, ERR_IO, sys, "store: thread");
	s->running = err == ERR_OK;
	*out = s;
	if (err != ERR_OK)
		store_close(out);
	return err;
}
