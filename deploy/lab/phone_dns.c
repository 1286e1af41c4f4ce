// SPDX-License-Identifier: Apache-2.0
#include "lab/phone_dns.h"

#include <ares.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "sys/clock.h"

#define SOCKETS_MAX 16
#define TRIES       3
#define POLL_NS     (100 * NS_PER_MS) // how late a time-out may be noticed

struct socket_watch {
	struct phone_dns *dns;
	struct loop_watch *watch; // NULL: free
	ares_socket_t fd;
};

struct phone_dns {
	struct loop *loop;
	struct loop_timer *timer;
	ares_channel channel;
	int family;
	size_t asked; // not yet answered
	struct socket_watch sockets[SOCKETS_MAX];
};

struct phone_ask {
	struct phone_dns *dns;
	phone_dns_fn *fn; // NULL: dropped
	void *self;
	bool asking; // phone_dns_ask has not returned
	bool done;
};

static void arm(struct phone_dns *d)
{
	loop_timer_at(d->timer, d->asked > 0 ? mono_add(clock_mono(), POLL_NS) : MONO_NEVER);
}

static void on_socket(void *self, uint32_t events)
{
	struct socket_watch *s = self;

	ares_process_fd(s->dns->channel,
			events & (EPOLLIN | EPOLLERR | EPOLLHUP) ? s->fd : ARES_SOCKET_BAD,
			events & EPOLLOUT ? s->fd : ARES_SOCKET_BAD);
}

static void on_due(void *self, struct mono now)
{
	struct phone_dns *d = self;

	(void)now;
	ares_process_fd(d->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	arm(d);
}

// c-ares tells which of its sockets it wants to hear about.
static void on_state(void *self, ares_socket_t fd, int readable, int writable)
{
	struct phone_dns *d = self;
	struct socket_watch *s = NULL;
	uint32_t events = (readable ? (uint32_t)EPOLLIN : 0) | (writable ? (uint32_t)EPOLLOUT : 0);

	for (size_t i = 0; i < SOCKETS_MAX; i++)
		if (d->sockets[i].watch != NULL && d->sockets[i].fd == fd)
			s = &d->sockets[i];
	for (size_t i = 0; s == NULL && i < SOCKETS_MAX; i++)
		if (d->sockets[i].watch == NULL)
			s = &d->sockets[i];
	if (s == NULL)
		return; // the query times out
	if (events == 0) {
		loop_watch_drop(&s->watch);
		return;
	}
	struct fault f;
	if (s->watch != NULL) {
		(void)!loop_watch_events(s->watch, events, &f);
		return;
	}
	*s = (struct socket_watch){ .dns = d, .fd = fd };
	if (loop_watch(d->loop, fd, events, on_socket, s, &s->watch, &f) != ERR_OK)
		s->watch = NULL;
}

enum err phone_dns_open(struct loop *l, const char *servers, int family, struct phone_dns **out,
			struct fault *f)
{
	struct phone_dns *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return fault_set(f, ERR_MEMORY, 0, "resolver: no memory");
	d->loop = l;
	d->family = family;
	char lookups[] = "b"; // DNS only
	struct ares_options o = { .timeout = (int)(PHONE_DNS_NS / NS_PER_MS),
				  .tries = TRIES,
				  .lookups = lookups,
				  .sock_state_cb = on_state,
				  .sock_state_cb_data = d };
	int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB;
	int code = ares_library_init(ARES_LIB_INIT_ALL);
	if (code == ARES_SUCCESS)
		code = ares_init_options(&d->channel, &o, mask);
	if (code != ARES_SUCCESS) {
		free(d);
		return fault_set(f, ERR_IO, 0, "resolver: %s", ares_strerror(code));
	}
	enum err err = ERR_OK;
	code = ares_set_servers_ports_csv(d->channel, servers);
	if (code != ARES_SUCCESS)
		err = fault_set(f, ERR_USAGE, 0, "resolver \"%s\": %s; write ADDR,ADDR", servers,
				ares_strerror(code));
	if (err == ERR_OK)
		err = loop_timer(l, on_due, d, &d->timer, f);
	if (err != ERR_OK) {
		phone_dns_close(&d);
		return err;
	}
	*out = d;
	return ERR_OK;
}

void phone_dns_close(struct phone_dns **out)
{
	struct phone_dns *d = *out;

	if (d == NULL)
		return;
	ares_destroy(d->channel); // calls back every open question
	loop_timer_drop(&d->timer);
	for (size_t i = 0; i < SOCKETS_MAX; i++)
		loop_watch_drop(&d->sockets[i].watch);
	free(d);
	*out = NULL;
}

static size_t collect(const struct ares_addrinfo *found, struct addr *out)
{
	size_t n = 0;

	for (const struct ares_addrinfo_node *at = found->nodes; at != NULL; at = at->ai_next) {
		if (n == PHONE_ADDRS_MAX)
			break;
		if (at->ai_family == AF_INET) {
			struct sockaddr_in v4;
			memcpy(&v4, at->ai_addr, sizeof(v4));
			out[n++] = addr_of(span_of(&v4.sin_addr, 4));
		} else if (at->ai_family == AF_INET6) {
			struct sockaddr_in6 v6;
			memcpy(&v6, at->ai_addr, sizeof(v6));
			out[n++] = addr_of(span_of(&v6.sin6_addr, 16));
		}
	}
	return n;
}

static void on_found(void *self, int code, int timeouts, struct ares_addrinfo *found)
{
	struct phone_ask *a = self;
	struct addr addrs[PHONE_ADDRS_MAX];
	size_t n = found != NULL ? collect(found, addrs) : 0;

	(void)timeouts;
	if (found != NULL)
		ares_freeaddrinfo(found);
	a->dns->asked--;
	a->done = true;
	phone_dns_fn *fn = a->fn;
	void *owner = a->self;
	if (!a->asking)
		free(a);
	if (fn != NULL)
		fn(owner, addrs, n, n > 0 ? "" : ares_strerror(code));
}

enum err phone_dns_ask(struct phone_dns *d, const char *name, phone_dns_fn *fn, void *self,
		       struct phone_ask **out, struct fault *f)
{
	struct phone_ask *a = calloc(1, sizeof(*a));

	*out = NULL;
	if (a == NULL)
		return fault_set(f, ERR_MEMORY, 0, "resolver: no memory");
	*a = (struct phone_ask){ .dns = d, .fn = fn, .self = self, .asking = true };
	struct ares_addrinfo_hints hints = { .ai_family = d->family == 4   ? AF_INET
							  : d->family == 6 ? AF_INET6
									   : AF_UNSPEC };
	d->asked++;
	ares_getaddrinfo(d->channel, name, NULL, &hints, on_found, a);
	a->asking = false;
	arm(d);
	if (a->done)
		free(a);
	else
		*out = a;
	return ERR_OK;
}

void phone_ask_drop(struct phone_ask **a)
{
	if (*a != NULL)
		(*a)->fn = NULL;
	*a = NULL;
}
