// SPDX-License-Identifier: Apache-2.0
#include "names/names_io.h"

#include <ares.h>
#include <netdb.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "names/asked.h"
#include "sys/clock.h"

#define NAMES_SOCKETS 16

struct socket_watch {
	ares_socket_t fd;
	struct loop_watch *watch; // NULL: free
	struct names_io *names;
};

struct names_io {
	struct loop *loop;
	struct loop_timer *timer;
	ares_channel channel;
	bool open;
	names_io_fn *fn;
	void *self;
	struct asked *known;
	struct addr waiting[NAMES_WAITING]; // ring
	size_t first, count, asking;
	struct socket_watch sockets[NAMES_SOCKETS];
};

struct question {
	struct names_io *names;
	struct addr addr;
};

static void ask_more(struct names_io *n);

// c-ares works by time-outs of its own: wake it when it says so.
static void arm(struct names_io *n)
{
	struct timeval most = { .tv_sec = NAMES_WAIT_MS / 1000 }, left;
	const struct timeval *t = ares_timeout(n->channel, &most, &left);
	if (n->asking == 0)
		loop_timer_at(n->timer, MONO_NEVER);
	else
		loop_timer_at(n->timer,
			      mono_add(clock_mono(), (int64_t)t->tv_sec * NS_PER_S +
							     (int64_t)t->tv_usec * NS_PER_US));
}

static void on_ready(void *self, uint32_t events)
{
	struct socket_watch *s = self;
	struct names_io *n = s->names;
	ares_socket_t in = events & (EPOLLIN | EPOLLERR | EPOLLHUP) ? s->fd : ARES_SOCKET_BAD;
	ares_socket_t out = events & EPOLLOUT ? s->fd : ARES_SOCKET_BAD;
	ares_process_fd(n->channel, in, out);
	ask_more(n);
}

static void on_time(void *self, struct mono now)
{
	struct names_io *n = self;
	(void)now;
	ares_process_fd(n->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	ask_more(n);
}

static void on_socket(void *self, ares_socket_t fd, int readable, int writable)
{
	struct names_io *n = self;
	struct socket_watch *slot = NULL;
	uint32_t events = (readable ? (uint32_t)EPOLLIN : 0) | (writable ? (uint32_t)EPOLLOUT : 0);
	for (size_t i = 0; i < NAMES_SOCKETS; i++) {
		struct socket_watch *s = &n->sockets[i];
		if (s->watch != NULL && s->fd == fd) {
			slot = s;
			break;
		}
		if (s->watch == NULL && slot == NULL)
			slot = s;
	}
	if (slot == NULL)
		return; // the question times out and is asked again when the address is seen again
	if (events == 0) {
		loop_watch_drop(&slot->watch);
		return;
	}
	enum err err =
		slot->watch != NULL && slot->fd == fd
			? loop_watch_events(slot->watch, events, NULL)
			: loop_watch(n->loop, fd, events, on_ready, slot, &slot->watch, NULL);
	slot->fd = fd;
	slot->names = n;
	(void)err; // as above
}

static void on_answer(void *arg, int status, int timeouts, struct hostent *host)
{
	struct question *q = arg;
	struct names_io *n = q->names;
	(void)timeouts;
	n->asking--;
	bool none = status == ARES_ENOTFOUND || status == ARES_ENODATA;
	if (status == ARES_SUCCESS && host->h_name != NULL)
		n->fn(n->self, q->addr, span_text(host->h_name));
	else if (none)
		n->fn(n->self, q->addr, span_text(""));
	else
		asked_take(n->known, q->addr);
	free(q);
}

static void ask_one(struct names_io *n, struct addr addr)
{
	struct question *q = calloc(1, sizeof(*q));
	if (q == NULL) {
		asked_take(n->known, addr);
		return;
	}
	*q = (struct question){ n, addr };
	n->asking++;
	ares_gethostbyaddr(n->channel, addr.bytes, addr.family == 4 ? 4 : 16,
			   addr.family == 4 ? AF_INET : AF_INET6, on_answer, q);
}

static void ask_more(struct names_io *n)
{
	while (n->open && n->count > 0 && n->asking < NAMES_ASKING) {
		struct addr addr = n->waiting[n->first];
		n->first = (n->first + 1) % NAMES_WAITING;
		n->count--;
		ask_one(n, addr);
	}
	if (n->open)
		arm(n);
}

void names_io_ask(struct names_io *n, struct addr addr)
{
	if (addr.family == 0 || n->count == NAMES_WAITING || !asked_put(n->known, addr))
		return;
	n->waiting[(n->first + n->count++) % NAMES_WAITING] = addr;
	ask_more(n);
}

static enum err open_channel(struct names_io *n, struct addr resolver, struct fault *f)
{
	char text[ADDR_TEXT], lookups[] = "b"; // DNS only, not the hosts file
	struct ares_options options = {
		.timeout = NAMES_WAIT_MS,
		.tries = NAMES_TRIES,
		.lookups = lookups,
		.sock_state_cb = on_socket,
		.sock_state_cb_data = n,
	};
	int rc = ares_init_options(&n->channel, &options,
				   ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS |
					   ARES_OPT_SOCK_STATE_CB);
	if (rc != ARES_SUCCESS)
		return fault_set(f, ERR_IO, 0, "name lookups: %s", ares_strerror(rc));
	n->open = true;
	addr_write(resolver, text);
	rc = resolver.family == 0 ? ARES_SUCCESS : ares_set_servers_csv(n->channel, text);
	if (rc != ARES_SUCCESS)
		return fault_set(f, ERR_IO, 0, "name lookups at %s: %s", text, ares_strerror(rc));
	return ERR_OK;
}

enum err names_io_open(struct loop *l, struct addr resolver, names_io_fn *fn, void *self,
		       struct names_io **out, struct fault *f)
{
	uint64_t seed[2] = { random_u64(), random_u64() };
	struct names_io *n = calloc(1, sizeof(*n));
	if (n == NULL)
		return fault_set(f, ERR_MEMORY, 0, "name lookups: no memory");
	n->loop = l;
	n->fn = fn;
	n->self = self;
	n->known = asked_new(NAMES_KNOWN, seed);
	enum err err = n->known == NULL ? fault_set(f, ERR_MEMORY, 0, "name lookups: no memory")
					: loop_timer(l, on_time, n, &n->timer, f);
	if (err == ERR_OK)
		err = open_channel(n, resolver, f);
	if (err != ERR_OK)
		names_io_close(&n);
	else
		*out = n;
	return err;
}

void names_io_close(struct names_io **out)
{
	struct names_io *n = *out;
	if (n == NULL)
		return;
	bool open = n->open;
	n->open = false;
	if (open)
		ares_destroy(n->channel);
	for (size_t i = 0; i < NAMES_SOCKETS; i++)
		loop_watch_drop(&n->sockets[i].watch);
	loop_timer_drop(&n->timer);
	asked_free(&n->known);
	free(n);
	*out = NULL;
}

size_t names_io_pending(const struct names_io *n)
{
	return n->count + n->asking;
}
