// SPDX-License-Identifier: Apache-2.0
#include "discover/discover_io.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/socket_name.h"

#define PACKET_MAX  4096
#define BUFFER_SIZE (4 * 1024 * 1024)
#define TURN_MAX    256 // packets read from one socket in one turn, and sent in one turn

struct port {
	struct discover_io *io;
	unsigned number;
	int fd;
	struct loop_watch *watch;
};

struct discover_io {
	struct discover *engine;
	struct loop *loop;
	struct loop_timer *timer;
	struct port ports[2][DISCOVER_PORTS_MAX]; // IPv4, IPv6
	unsigned count;
	discover_done_fn *done;
	void *self;
};

static uint8_t ttl_of(struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		int ttl;
		if ((c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_TTL) &&
		    (c->cmsg_level != IPPROTO_IPV6 || c->cmsg_type != IPV6_HOPLIMIT))
			continue;
		memcpy(&ttl, CMSG_DATA(c), sizeof(ttl));
		return (uint8_t)ttl;
	}
	return 0;
}

// False when there is nothing more.
static bool take(struct port *p, int flags)
{
	uint8_t bytes[PACKET_MAX], control[512];
	union socket_name from;
	struct iovec part = { bytes, sizeof(bytes) };
	struct msghdr m = { .msg_name = &from,
			    .msg_namelen = sizeof(from),
			    .msg_iov = &part,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(p->fd, &m, flags | MSG_DONTWAIT);
	if (n < 0)
		return errno == EINTR;
	struct mono now = clock_mono();
	if ((flags & MSG_ERRQUEUE) != 0) {
		discover_unreachable(p->io->engine, now, p->number, span_of(bytes, (size_t)n));
		return true;
	}
	struct discover_heard h = { .port = p->number,
				    .ttl = ttl_of(&m),
				    .message = span_of(bytes, (size_t)n) };
	h.from = socket_name_addr(&from, &h.from_port);
	discover_hear(p->io->engine, now, clock_wall(), &h);
	return true;
}

static void on_ready(void *self, uint32_t events)
{
	struct port *p = self;
	if ((events & EPOLLERR) != 0)
		for (unsigned i = 0; i < TURN_MAX && take(p, MSG_ERRQUEUE); i++)
			;
	for (unsigned i = 0; i < TURN_MAX && take(p, 0); i++)
		;
	loop_timer_at(p->io->timer, loop_now(p->io->loop)); // timers come after descriptors
}

// What the system will not send now counts as lost on the way: it is asked again, or silent.
static void send_one(struct discover_io *io, const struct discover_want *w)
{
	union socket_name to;
	socklen_t len = socket_name_of(w->to, DISCOVER_PORT, &to);
	int fd = io->ports[w->to.family == 6][w->port].fd;
	// An error of an earlier question may be told here first.
	for (int i = 0; i < 3 && fd >= 0; i++)
		if (sendto(fd, w->message.at, w->message.len, MSG_DONTWAIT, &to.any, len) >= 0)
			return;
	if (errno == ENETUNREACH || errno == EHOSTUNREACH || errno == EACCES || fd < 0)
		discover_unreachable(io->engine, clock_mono(), w->port, w->message);
}

static void serve(struct discover_io *io, struct mono now)
{
	struct discover_want w;
	enum discover_want_kind kind = DISCOVER_NOTHING;
	discover_tick(io->engine, now);
	for (unsigned i = 0; i < TURN_MAX; i++) {
		kind = discover_next(io->engine, now, clock_wall(), &w);
		if (kind == DISCOVER_NOTHING)
			break;
		if (kind == DISCOVER_SEND)
			send_one(io, &w);
		else
			io->done(io->self, w.record);
	}
	loop_timer_at(io->timer, kind == DISCOVER_NOTHING ? discover_due(io->engine) : now);
}

static void on_timer(void *self, struct mono now)
{
	serve(self, now);
}

static enum err open_port(struct discover_io *io, unsigned number, int family, struct fault *f)
{
	struct port *p = &io->ports[family == AF_INET6][number];
	int one = 1, size = BUFFER_SIZE;
	union socket_name any;
	socklen_t len =
		socket_name_of((struct addr){ .family = family == AF_INET ? 4 : 6 }, 0, &any);
	p->io = io;
	p->number = number;
	p->fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (p->fd < 0 && family == AF_INET6)
		return ERR_OK; // a host without IPv6: its addresses are unreachable
	if (p->fd < 0)
		return fault_set(f, ERR_IO, errno, "cannot open a UDP socket");
	setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	setsockopt(p->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (family == AF_INET) {
		setsockopt(p->fd, IPPROTO_IP, IP_RECVTTL, &one, sizeof(one));
		setsockopt(p->fd, IPPROTO_IP, IP_RECVERR, &one, sizeof(one));
	} else {
		setsockopt(p->fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
		setsockopt(p->fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &one, sizeof(one));
		setsockopt(p->fd, IPPROTO_IPV6, IPV6_RECVERR, &one, sizeof(one));
	}
	if (bind(p->fd, &any.any, len) != 0)
		return fault_set(f, ERR_IO, errno, "cannot bind a UDP socket");
	return loop_watch(io->loop, p->fd, EPOLLIN, on_ready, p, &p->watch, f);
}

static unsigned ports_for(const struct discover_io_config *c)
{
	double seconds = (double)c->engine.wait_ns / (double)NS_PER_S;
	double ports = 2 + 2 * c->rate * seconds / DISCOVER_BLOCKS +
		       (double)c->engine.parallel / DISCOVER_BLOCKS;
	return ports > DISCOVER_PORTS_MAX ? DISCOVER_PORTS_MAX : (unsigned)ports;
}

static enum err open_all(struct discover_io *io, const struct discover_io_config *c,
			 struct fault *f)
{
	struct discover_config engine = c->engine;
	engine.ports = io->count = ports_for(c);
	engine.seed[0] = random_u64();
	engine.seed[1] = random_u64();
	io->engine = discover_new(&engine);
	if (io->engine == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory");
	for (unsigned i = 0; i < io->count; i++) {
		enum err err = open_port(io, i, AF_INET, f);
		if (err == ERR_OK)
			err = open_port(io, i, AF_INET6, f);
		if (err != ERR_OK)
			return err;
	}
	return loop_timer(io->loop, on_timer, io, &io->timer, f);
}

enum err discover_io_open(struct loop *l, const struct discover_io_config *c,
			  struct discover_io **out, struct fault *f)
{
	struct discover_io *io = *out = calloc(1, sizeof(*io));
	if (io == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory");
	for (unsigned i = 0; i < 2 * DISCOVER_PORTS_MAX; i++)
		io->ports[i / DISCOVER_PORTS_MAX][i % DISCOVER_PORTS_MAX].fd = -1;
	io->loop = l;
	io->done = c->done;
	io->self = c->self;
	enum err err = open_all(io, c, f);
	if (err != ERR_OK)
		discover_io_close(out);
	return err;
}

void discover_io_close(struct discover_io **out)
{
	struct discover_io *io = *out;
	if (io == NULL)
		return;
	for (unsigned i = 0; i < 2 * DISCOVER_PORTS_MAX; i++) {
		struct port *p = &io->ports[i / DISCOVER_PORTS_MAX][i % DISCOVER_PORTS_MAX];
		loop_watch_drop(&p->watch);
		if (p->fd >= 0)
			close(p->fd);
	}
	loop_timer_drop(&io->timer);
	discover_free(&io->engine);
	free(io);
	*out = NULL;
}

void discover_io_sweep(struct discover_io *io, const struct space *space, uint64_t from)
{
	discover_sweep(io->engine, space, from);
	loop_timer_at(io->timer, clock_mono());
}

enum err discover_io_put(struct discover_io *io, struct addr a, enum resolver_role role)
{
	enum err err = discover_put(io->engine, clock_mono(), clock_wall(), a, role);
	if (err == ERR_OK)
		loop_timer_at(io->timer, clock_mono());
	return err;
}

void discover_io_stop(struct discover_io *io)
{
	struct discover_want w;
	discover_stop(io->engine);
	while (discover_next(io->engine, clock_mono(), clock_wall(), &w) == DISCOVER_RECORD)
		io->done(io->self, w.record);
}

bool discover_io_done(const struct discover_io *io)
{
	return discover_done(io->engine);
}

struct discover_counts discover_io_counts(const struct discover_io *io)
{
	return discover_counts(io->engine);
}

uint64_t discover_io_place(const struct discover_io *io)
{
	return discover_place(io->engine);
}

struct addr discover_helper_find(void)
{
	char *text = NULL;
	size_t len = 0;
	struct fault f;
	struct addr a = { 0 };
	if (file_read("/etc/resolv.conf", 1 << 16, &text, &len, &f) != ERR_OK)
		return a;
	struct span rest = span_of(text, len);
	while (rest.len > 0 && a.family == 0) {
		struct span line = text_cut(&rest, '\n');
		if (text_is(text_word(&line), "nameserver") &&
		    addr_read(text_word(&line), &a) != ERR_OK)
			a = (struct addr){ 0 };
	}
	free(text);
	return a;
}
