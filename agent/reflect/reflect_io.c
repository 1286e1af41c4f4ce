// SPDX-License-Identifier: Apache-2.0
#include "reflect/reflect_io.h"

#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#include "reflect/socket_io.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "wire/ip.h"

#define ROOM      2048 // of a datagram; longer ones are no question
#define LISTENERS 8    // two families of: two UDP ports, TCP, DNS
#define SYN_MAX   512

enum listener_kind {
	LISTEN_UDP,
	LISTEN_TCP,
	LISTEN_DNS,
};

struct listener {
	struct reflect_io *owner;
	enum listener_kind kind;
	int fd;
	struct loop_watch *watch;
};

struct connection {
	struct reflect_io *owner;
	struct loop_watch *watch; // NULL: free
	int fd;
	struct mono until;
	size_t len;
	uint8_t in[REFLECT_SIZE];
};

struct reflect_io {
	struct loop *loop;
	struct loop_timer *timer;
	struct reflect *reflect;
	struct listener listeners[LISTENERS];
	size_t listener_count;
	struct connection connections[REFLECT_CONNECTIONS];
};

static void hang_up(struct connection *c)
{
	loop_watch_drop(&c->watch);
	fd_close(&c->fd);
}

static void answer_connection(struct connection *c)
{
	uint8_t syn[SYN_MAX], room[REFLECT_SIZE];
	socklen_t syn_len = sizeof(syn), len = sizeof(union socket_name);
	union socket_name from;
	struct reflect_seen seen = { .proto = IP_TCP };
	struct wr w = wr_of(room, sizeof(room));
	if (getpeername(c->fd, &from.any, &len) != 0)
		return;
	seen.from = socket_name_addr(&from, &seen.port);
	if (getsockopt(c->fd, IPPROTO_TCP, TCP_SAVED_SYN, syn, &syn_len) == 0)
		seen.syn = span_of(syn, syn_len);
	// One answer fits the empty buffer of a new connection.
	if (reflect_hear(c->owner->reflect, clock_mono(), &seen, span_of(c->in, c->len), &w) &&
	    send(c->fd, room, w.len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return;
}

static void on_connection(void *self, uint32_t events)
{
	struct connection *c = self;
	(void)events;
	ssize_t n = recv(c->fd, c->in + c->len, sizeof(c->in) - c->len, MSG_DONTWAIT);
	if (n > 0)
		c->len += (size_t)n;
	if (n > 0 && c->len < REFLECT_SIZE)
		return;
	if (c->len == REFLECT_SIZE)
		answer_connection(c);
	hang_up(c);
}

static struct connection *free_connection(struct reflect_io *r)
{
	struct connection *oldest = &r->connections[0];
	for (size_t i = 0; i < REFLECT_CONNECTIONS; i++) {
		struct connection *c = &r->connections[i];
		if (c->watch == NULL)
			return c;
		if (mono_before(c->until, oldest->until))
			oldest = c;
	}
	hang_up(oldest);
	return oldest;
}

static void on_listen(void *self, uint32_t events)
{
	struct listener *l = self;
	struct fault f;
	(void)events;
	int fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return;
	struct connection *c = free_connection(l->owner);
	c->owner = l->owner;
	c->fd = fd;
	c->len = 0;
	c->until = mono_add(clock_mono(), REFLECT_PATIENCE);
	if (loop_watch(l->owner->loop, fd, EPOLLIN, on_connection, c, &c->watch, &f) != ERR_OK) {
		c->watch = NULL;
		fd_close(&c->fd);
	}
	loop_timer_at(l->owner->timer, c->until);
}

static void on_patience(void *self, struct mono now)
{
	struct reflect_io *r = self;
	struct mono next = MONO_NEVER;
	for (size_t i = 0; i < REFLECT_CONNECTIONS; i++) {
		struct connection *c = &r->connections[i];
		if (c->watch != NULL && !mono_before(now, c->until))
			hang_up(c);
		else if (c->watch != NULL)
			next = mono_min(next, c->until);
	}
	loop_timer_at(r->timer, next);
}

static void on_datagram(void *self, uint32_t events)
{
	struct listener *l = self;
	struct socket_datagram d;
	uint8_t in[ROOM], out[ROOM];
	(void)events;
	while (socket_hear(l->fd, in, sizeof(in), &d)) {
		struct wr w = wr_of(out, sizeof(out));
		struct reflect_seen seen = { .ttl = d.ttl, .proto = IP_UDP };
		struct span question = span_of(in, d.len);
		seen.from = socket_name_addr(&d.from, &seen.port);
		bool said = l->kind == LISTEN_DNS
				    ? reflect_hear_name(l->owner->reflect, clock_mono(), seen.from,
							question, &w)
				    : reflect_hear(l->owner->reflect, clock_mono(), &seen, question,
						   &w);
		if (said)
			socket_answer(l->fd, &d, wr_span(&w));
	}
}

static enum err listen_at(struct reflect_io *r, enum listener_kind kind, struct addr a,
			  uint16_t port, struct fault *f)
{
	static const int save = 1;
	struct listener *l = &r->listeners[r->listener_count];
	*l = (struct listener){ .owner = r, .kind = kind, .fd = -1 };
	int type = kind == LISTEN_TCP ? SOCK_STREAM : SOCK_DGRAM;
	enum err err = socket_open(type, a, port, REFLECT_TTL, &l->fd, f);
	if (err != ERR_OK)
		return err;
	r->listener_count++;
	if (kind == LISTEN_TCP &&
	    setsockopt(l->fd, IPPROTO_TCP, TCP_SAVE_SYN, &save, sizeof(save)) != 0)
		return fault_set(f, ERR_UNSUPPORTED, 0, "reflector: this kernel keeps no SYN");
	return loop_watch(r->loop, l->fd, EPOLLIN, kind == LISTEN_TCP ? on_listen : on_datagram, l,
			  &l->watch, f);
}

static enum err listen_family(struct reflect_io *r, const struct reflect_io_config *c,
			      uint8_t family, struct fault *f)
{
	struct addr a = family == 4 ? c->address4 : c->address6;
	a.family = family;
	enum err err = listen_at(r, LISTEN_UDP, a, c->port, f);
	if (err == ERR_OK)
		err = listen_at(r, LISTEN_UDP, a, (uint16_t)(c->port + 1), f);
	if (err == ERR_OK)
		err = listen_at(r, LISTEN_TCP, a, c->port, f);
	if (err == ERR_OK && c->dns_port != 0)
		err = listen_at(r, LISTEN_DNS, a, c->dns_port, f);
	return err;
}

enum err reflect_io_open(struct loop *l, const struct reflect_io_config *c, struct reflect_io **out,
			 struct fault *f)
{
	struct reflect_config config = {
		.rate = c->rate, .rate_net = c->rate_net, .zone = c->zone, .ttl = REFLECT_TTL
	};
	struct reflect_io *r = calloc(1, sizeof(*r));
	if (r == NULL)
		return fault_set(f, ERR_MEMORY, 0, "reflector: no memory");
	r->loop = l;
	random_bytes(config.seed, sizeof(config.seed));
	r->reflect = reflect_new(&config);
	enum err err = r->reflect == NULL ? fault_set(f, ERR_MEMORY, 0, "reflector: no memory")
					  : loop_timer(l, on_patience, r, &r->timer, f);
	for (uint8_t family = 4; family <= 6 && err == ERR_OK; family += 2) {
		err = listen_family(r, c, family, f);
		if (err == ERR_UNSUPPORTED && (family == 4 || r->listener_count > 0))
			err = ERR_OK;
	}
	if (err != ERR_OK) {
		reflect_io_close(&r);
		return err;
	}
	*out = r;
	return ERR_OK;
}

void reflect_io_close(struct reflect_io **out)
{
	struct reflect_io *r = *out;
	if (r == NULL)
		return;
	for (size_t i = 0; i < REFLECT_CONNECTIONS; i++)
		if (r->connections[i].watch != NULL)
			hang_up(&r->connections[i]);
	for (size_t i = 0; i < r->listener_count; i++) {
		loop_watch_drop(&r->listeners[i].watch);
		fd_close(&r->listeners[i].fd);
	}
	loop_timer_drop(&r->timer);
	reflect_free(&r->reflect);
	free(r);
	*out = NULL;
}

struct reflect_counts reflect_io_count(const struct reflect_io *r)
{
	return reflect_count(r->reflect);
}
