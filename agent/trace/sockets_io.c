// SPDX-License-Identifier: Apache-2.0
#include "trace/sockets_io.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/macro.h"
#include "sys/fd.h"
#include "trace/filter_io.h"

struct pair {
	int out, in;
	struct trace_ring *ring; // NULL until a target of that family comes
	struct loop_watch *watch;
};

struct trace_sockets {
	struct trace_sockets_config config;
	struct loop *loop;
	bool asleep;
	struct pair pairs[TRACE_FAMILIES];
};

static enum err open_sender(int domain, int *fd, struct fault *f)
{
	// IPPROTO_RAW means for both families: the whole header comes from us.
	*fd = socket(domain, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_RAW);
	if (*fd >= 0 || (domain == AF_INET6 && errno == EAFNOSUPPORT))
		return ERR_OK;
	return fault_set(f, errno == EPERM ? ERR_PERMIT : ERR_IO, errno,
			 "tracing needs raw sockets: run as root, or give the program CAP_NET_RAW "
			 "once (setcap cap_net_raw+ep PROGRAM)");
}

enum err trace_sockets_open(struct loop *l, const struct trace_sockets_config *c,
			    struct trace_sockets **out, struct fault *f)
{
	AUTO(trace_sockets_close) struct trace_sockets *s = calloc(1, sizeof(*s));
	if (s == NULL)
		return fault_set(f, ERR_MEMORY, 0, "trace sockets: no memory");
	s->config = *c;
	s->loop = l;
	for (int i = 0; i < TRACE_FAMILIES; i++)
		s->pairs[i].in = s->pairs[i].out = -1;
	enum err err = open_sender(AF_INET, &s->pairs[TRACE_V4].out, f);
	if (err == ERR_OK)
		err = open_sender(AF_INET6, &s->pairs[TRACE_V6].out, f);
	for (int i = 0; i < TRACE_FAMILIES && err == ERR_OK; i++)
		err = trace_filter_open(i == TRACE_V4 ? 4 : 6, c->sport_first, c->sport_count,
					c->receive_buffer, &s->pairs[i].in, f);
	if (err != ERR_OK)
		return err;
	*out = s;
	s = NULL;
	return ERR_OK;
}

void trace_sockets_close(struct trace_sockets **out)
{
	struct trace_sockets *s = *out;
	if (s == NULL)
		return;
	for (int i = 0; i < TRACE_FAMILIES; i++) {
		loop_watch_drop(&s->pairs[i].watch);
		trace_ring_close(&s->pairs[i].ring);
		fd_close(&s->pairs[i].in);
		fd_close(&s->pairs[i].out);
	}
	free(s);
	*out = NULL;
}

enum err trace_sockets_listen(struct trace_sockets *s, enum trace_family family)
{
	struct fault f;
	struct pair *p = &s->pairs[family];
	if (p->ring != NULL)
		return ERR_OK;
	enum err err = trace_ring_open(p->in, s->config.ring, &p->ring, &f);
	if (err == ERR_OK)
		err = trace_filter_bind(p->in, family == TRACE_V4 ? 4 : 6, &f);
	if (err == ERR_OK)
		err = loop_watch(s->loop, p->in, s->asleep ? 0 : EPOLLIN, s->config.on_answers,
				 s->config.self, &p->watch, &f);
	if (err != ERR_OK)
		trace_ring_close(&p->ring);
	return err;
}

bool trace_sockets_wake(struct trace_sockets *s, bool wake)
{
	struct fault f;
	bool done = true;
	s->asleep = !wake;
	for (int i = 0; i < TRACE_FAMILIES; i++)
		if (s->pairs[i].watch != NULL &&
		    loop_watch_events(s->pairs[i].watch, wake ? EPOLLIN : 0, &f) != ERR_OK)
			done = false;
	return done;
}

void trace_sockets_take(struct trace_sockets *s, size_t limit)
{
	for (int i = 0; i < TRACE_FAMILIES; i++)
		if (s->pairs[i].ring != NULL)
			trace_ring_take(s->pairs[i].ring, limit, s->config.on_packet,
					s->config.self);
}

uint64_t trace_sockets_drops(struct trace_sockets *s)
{
	uint64_t n = 0;
	for (int i = 0; i < TRACE_FAMILIES; i++)
		if (s->pairs[i].ring != NULL)
			n += trace_filter_drops(s->pairs[i].in);
	return n;
}

int trace_sockets_sender(const struct trace_sockets *s, enum trace_family family)
{
	return s->pairs[family].out;
}
