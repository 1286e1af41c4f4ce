// SPDX-License-Identifier: Apache-2.0
#include "lab/app_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/app_socket.h"
#include "lab/app_tls.h"
#include "log/log.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/socket_name.h"

#define SWEEP_NS (5 * NS_PER_S)

struct conn {
	struct app_server *server;
	struct tls *tls; // NULL: free
	bool joined, dialed;
	struct mono heard;
};

struct app_server {
	struct loop *loop;
	struct loop_watch *watch;
	struct loop_timer *sweep;
	struct ssl_ctx_st *accepts, *dials;
	struct app_talk talk;
	int fd;
	struct conn conns[SERVER_LINKS_MAX];
};

static int number(const struct conn *c)
{
	return (int)(c - c->server->conns);
}

static void gone(struct conn *c)
{
	bool joined = c->joined;

	c->joined = false;
	tls_close(&c->tls);
	if (joined)
		c->server->talk.leave(c->server->talk.self, number(c));
}

static void on_up(void *self)
{
	struct conn *c = self;

	c->joined = true;
	c->heard = loop_now(c->server->loop);
	c->server->talk.join(c->server->talk.self, number(c), c->dialed);
}

static size_t on_bytes(void *self, struct span in)
{
	struct conn *c = self;

	c->heard = loop_now(c->server->loop);
	return c->server->talk.hear(c->server->talk.self, number(c), in);
}

static void on_down(void *self, const char *stage, const char *what)
{
	struct conn *c = self;

	LOG(LOG_DEBUG, "server", "gone", KI("link", number(c)), KT("stage", stage),
	    KT("what", what));
	gone(c);
}

static struct conn *free_conn(struct app_server *s)
{
	for (int i = 0; i < SERVER_LINKS_MAX; i++)
		if (s->conns[i].tls == NULL)
			return &s->conns[i];
	return NULL;
}

static struct tls_events events(struct conn *c)
{
	return (struct tls_events){ .up = on_up, .bytes = on_bytes, .down = on_down, .self = c };
}

static void start(struct app_server *s, int fd)
{
	struct conn *c = free_conn(s);
	struct fault f;

	if (c == NULL) {
		LOG(LOG_WARN, "server", "full", KI("connections", SERVER_LINKS_MAX));
		fd_close(&fd);
		return;
	}
	*c = (struct conn){ .server = s };
	struct mono until = mono_add(loop_now(s->loop), SERVER_SHAKE_NS);
	if (tls_accept(s->loop, s->accepts, fd, until, events(c), &c->tls, &f) != ERR_OK)
		log_fault(LOG_WARN, "server", "accept", &f);
}

static void on_listen(void *self, uint32_t events_up)
{
	struct app_server *s = self;

	(void)events_up;
	for (;;) {
		int fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0)
			start(s, fd);
		else if (errno != ECONNABORTED && errno != EINTR)
			return;
	}
}

static void on_sweep(void *self, struct mono now)
{
	struct app_server *s = self;

	for (int i = 0; i < SERVER_LINKS_MAX; i++) {
		struct conn *c = &s->conns[i];
		if (c->tls != NULL && c->joined && mono_since(now, c->heard) > SERVER_SILENT_NS)
			gone(c);
	}
	loop_timer_at(s->sweep, mono_add(now, SWEEP_NS));
}

enum err app_server_open(struct loop *l, const struct app_server_config *c, struct app_server **out,
			 struct fault *f)
{
	struct app_server *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return fault_set(f, ERR_MEMORY, 0, "server: no memory");
	s->loop = l;
	s->talk = c->talk;
	s->fd = -1;
	enum err err = tls_server(c->ca, c->cert, c->key, &s->accepts, f);
	if (err == ERR_OK)
		err = tls_client(c->ca, c->cert, c->key, &s->dials, f);
	if (err == ERR_OK)
		err = socket_listen(SOCK_STREAM, c->listen, c->port, &s->fd, f);
	if (err == ERR_OK)
		err = loop_watch(l, s->fd, EPOLLIN, on_listen, s, &s->watch, f);
	if (err == ERR_OK)
		err = loop_timer(l, on_sweep, s, &s->sweep, f);
	if (err != ERR_OK) {
		app_server_close(&s);
		return err;
	}
	loop_timer_at(s->sweep, mono_add(clock_mono(), SWEEP_NS));
	*out = s;
	return ERR_OK;
}

void app_server_close(struct app_server **out)
{
	struct app_server *s = *out;

	if (s == NULL)
		return;
	for (int i = 0; i < SERVER_LINKS_MAX; i++)
		tls_close(&s->conns[i].tls);
	loop_watch_drop(&s->watch);
	loop_timer_drop(&s->sweep);
	fd_close(&s->fd);
	tls_context_free(&s->accepts);
	tls_context_free(&s->dials);
	free(s);
	*out = NULL;
}

uint16_t app_server_port(const struct app_server *s)
{
	return socket_port(s->fd);
}

void app_server_send(struct app_server *s, int link, struct span bytes)
{
	if (s->conns[link].tls != NULL)
		tls_send(s->conns[link].tls, bytes);
}

void app_server_drop(struct app_server *s, int link)
{
	if (s->conns[link].tls != NULL)
		gone(&s->conns[link]);
}

int app_server_dial(struct app_server *s, struct addr to, uint16_t port, const char *name)
{
	struct conn *c = free_conn(s);
	struct fault f;

	if (c == NULL)
		return -1;
	*c = (struct conn){ .server = s, .dialed = true };
	struct mono until = mono_add(loop_now(s->loop), SERVER_SHAKE_NS);
	if (tls_connect(s->loop, s->dials, to, port, name, until, events(c), &c->tls, &f) != ERR_OK)
		return -1;
	return number(c);
}

bool app_server_used(const struct app_server *s, int link)
{
	return s->conns[link].tls != NULL;
}

bool app_server_peer_is(const struct app_server *s, int link, const char *name)
{
	return s->conns[link].tls != NULL && tls_peer_is(s->conns[link].tls, name);
}
