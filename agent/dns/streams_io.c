// SPDX-License-Identifier: Apache-2.0
#include "dns/streams_io.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rd.h"
#include "dns/doh_io.h"
#include "dns/openssl_io.h"
#include "dns/ports_io.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/socket_name.h"

#define ANSWER_MAX 65537 // two bytes of length and the longest message
#define A_TURN     8     // reads from one connection before others are looked at

enum phase {
	PHASE_CONNECT,
	PHASE_HANDSHAKE,
	PHASE_READY,
};

struct stream {
	struct dns_streams *of;
	struct stream *next, **link;
	int fd;
	SSL *ssl;
	struct loop_watch *watch;
	enum phase phase;
	bool asking;
	struct dns_handle handle;
	struct dns_server to;
	struct mono idle; // closed then, unless something happens
	size_t out_len, out_done, in_len;
	uint8_t out[DNS_QUERY_MAX + 2];
	uint8_t *in; // ANSWER_MAX bytes, when there is something to read
};

struct dns_streams {
	struct dns_streams_config c;
	struct loop *loop;
	SSL_CTX *tls;
	struct dns_doh *doh;
	struct stream *all;
	size_t count;
};

static enum err open_tls(struct dns_streams *s, struct fault *f)
{
	static const unsigned char alpn[] = { 3, 'd', 'o', 't' };
	s->tls = SSL_CTX_new(TLS_client_method());
	if (s->tls == NULL)
		return fault_set(f, ERR_MEMORY, 0, "OpenSSL cannot start");
	(void)SSL_CTX_set_min_proto_version(s->tls, TLS1_2_VERSION);
	(void)SSL_CTX_set_alpn_protos(s->tls, alpn, sizeof(alpn));
	SSL_CTX_set_verify(s->tls, s->c.tls_name != NULL ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	if (s->c.tls_name != NULL && SSL_CTX_set_default_verify_paths(s->tls) != 1)
		return fault_set(f, ERR_IO, 0, "the system's certificates cannot be read");
	return ERR_OK;
}

enum err dns_streams_open(struct loop *l, const struct dns_streams_config *c,
			  struct dns_streams **out, struct fault *f)
{
	struct dns_streams *s = calloc(1, sizeof(*s));
	*out = s;
	if (s == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory for streams");
	s->c = *c;
	s->loop = l;
	return ERR_OK;
}

static void stream_close(struct stream *t)
{
	struct dns_streams *s = t->of;
	if (t->next != NULL)
		t->next->link = t->link;
	*t->link = t->next;
	s->count--;
	loop_watch_drop(&t->watch);
	SSL_free(t->ssl);
	fd_close(&t->fd);
	free(t->in);
	free(t);
}

void dns_streams_close(struct dns_streams **out)
{
	struct dns_streams *s = *out;
	if (s == NULL)
		return;
	while (s->all != NULL)
		stream_close(s->all);
	dns_doh_close(&s->doh);
	SSL_CTX_free(s->tls);
	free(s);
	*out = NULL;
}

// The connection is of no more use; its question, if there is one, has failed.
static void stream_fail(struct stream *t, enum dns_error e)
{
	struct dns_streams *s = t->of;
	struct dns_handle h = t->handle;
	bool asking = t->asking;
	stream_close(t);
	if (asking)
		s->c.failed(s->c.self, clock_mono(), h, e);
}

static void want_events(struct stream *t, uint32_t events)
{
	struct fault f;
	(void)!loop_watch_events(t->watch, events, &f);
}

// A number of bytes; 0 when it has to wait; -1 when it is over.
static ssize_t tls_result(struct stream *t, int n)
{
	switch (n > 0 ? SSL_ERROR_NONE : SSL_get_error(t->ssl, n)) {
	case SSL_ERROR_NONE:
		return n;
	case SSL_ERROR_WANT_WRITE:
		want_events(t, EPOLLIN | EPOLLOUT);
		return 0;
	case SSL_ERROR_WANT_READ:
		return 0;
	default:
		ERR_clear_error();
		return -1;
	}
}

static ssize_t plain_result(ssize_t n)
{
	bool wait = n < 0 && (errno == EAGAIN || errno == EINTR);
	return n > 0 ? n : wait ? 0 : -1;
}

static bool send_some(struct stream *t)
{
	while (t->out_done < t->out_len) {
		const uint8_t *at = t->out + t->out_done;
		size_t len = t->out_len - t->out_done;
		ssize_t n = t->ssl != NULL ? tls_result(t, SSL_write(t->ssl, at, (int)len))
					   : plain_result(send(t->fd, at, len, MSG_NOSIGNAL));
		if (n < 0)
			return false;
		if (n == 0)
			return true;
		t->out_done += (size_t)n;
	}
	want_events(t, EPOLLIN);
	return true;
}

static void hand_over(struct stream *t, struct span message)
{
	struct dns_streams *s = t->of;
	const struct dns_heard h = { .stream = true,
				     .handle = t->handle,
				     .from = t->to.addr,
				     .from_port = t->to.port,
				     .message = message };
	struct mono now = clock_mono();
	t->asking = false;
	t->idle = mono_add(now, s->c.idle_ns);
	s->c.heard(s->c.self, now, &h);
}

// Every whole message that has come; what is left of the next moves to the front.
static void hand_over_all(struct stream *t)
{
	struct rd r = rd_of(span_of(t->in, t->in_len));
	struct span message = rd_span(&r, rd_u16(&r));
	size_t done = 0;
	for (; r.err == ERR_OK; message = rd_span(&r, rd_u16(&r))) {
		hand_over(t, message);
		done = r.pos;
	}
	t->in_len -= done;
	memmove(t->in, t->in + done, t->in_len);
}

// At most a good deal of it: who sends without end is not the only one.
static bool read_some(struct stream *t)
{
	if (t->in == NULL)
		t->in = malloc(ANSWER_MAX);
	if (t->in == NULL)
		return false;
	for (int i = 0; i < A_TURN || (t->ssl != NULL && SSL_has_pending(t->ssl)); i++) {
		uint8_t *at = t->in + t->in_len;
		size_t room = ANSWER_MAX - t->in_len;
		ssize_t n = t->ssl != NULL ? tls_result(t, SSL_read(t->ssl, at, (int)room))
					   : plain_result(recv(t->fd, at, room, 0));
		if (n <= 0)
			return n == 0;
		t->in_len += (size_t)n;
		hand_over_all(t);
	}
	return true;
}

static bool connected(struct stream *t, enum dns_error *e)
{
	int sys = 0;
	socklen_t len = sizeof(sys);
	if (getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &sys, &len) != 0 || sys != 0) {
		*e = dns_error_of(sys);
		return false;
	}
	t->phase = t->ssl != NULL ? PHASE_HANDSHAKE : PHASE_READY;
	return true;
}

static bool shake(struct stream *t)
{
	int n = SSL_connect(t->ssl);
	if (n == 1) {
		t->phase = PHASE_READY;
		return true;
	}
	int why = SSL_get_error(t->ssl, n);
	want_events(t, why == SSL_ERROR_WANT_WRITE ? EPOLLIN | EPOLLOUT : EPOLLIN);
	ERR_clear_error();
	return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
}

static void on_ready(void *self, uint32_t events)
{
	struct stream *t = self;
	enum dns_error e = DNS_ERROR_TLS;
	if (t->phase == PHASE_CONNECT && !connected(t, &e)) {
		stream_fail(t, e);
		return;
	}
	if (t->phase == PHASE_HANDSHAKE && !shake(t)) {
		stream_fail(t, DNS_ERROR_TLS);
		return;
	}
	if (t->phase != PHASE_READY)
		return;
	bool ok = send_some(t);
	if (ok && (events & (EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP)) != 0)
		ok = read_some(t);
	// A server may close when it has answered; before that it is an error.
	if (!ok)
		stream_fail(t, t->in_len > 0 ? DNS_ERROR_SHORT : DNS_ERROR_RESET);
}

static bool prepare_tls(struct dns_streams *s, struct stream *t)
{
	struct fault f;
	if (s->tls == NULL && open_tls(s, &f) != ERR_OK)
		return false;
	t->ssl = SSL_new(s->tls);
	if (t->ssl == NULL || SSL_set_fd(t->ssl, t->fd) != 1)
		return false;
	if (s->c.tls_name == NULL)
		return true;
	char name[DNS_SERVER_NAME + 1]; // OpenSSL's macro takes const away
	snprintf(name, sizeof(name), "%s", s->c.tls_name);
	return SSL_set_tlsext_host_name(t->ssl, name) == 1 && SSL_set1_host(t->ssl, name) == 1;
}

static int dial(const struct dns_server *to)
{
	const int on = 1;
	union socket_name at;
	socklen_t len = socket_name_of(to->addr, to->port, &at);
	int fd = socket(at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, &at.any, len) != 0 && errno != EINPROGRESS) {
		int sys = errno;
		fd_close(&fd);
		errno = sys;
	}
	return fd;
}

// Closes what was not used longest: an idle one, or if all ask the one whose question was given up.
static void make_room(struct dns_streams *s)
{
	struct stream *oldest = s->all;
	for (struct stream *t = s->all; t != NULL; t = t->next)
		if (t->asking != oldest->asking ? oldest->asking
						: mono_before(t->idle, oldest->idle))
			oldest = t;
	if (oldest != NULL)
		stream_fail(oldest, DNS_ERROR_SOCKET);
}

static struct stream *stream_open(struct dns_streams *s, const struct dns_want *w,
				  enum dns_error *e)
{
	struct fault f;
	if (s->count >= s->c.limit)
		make_room(s);
	struct stream *t = calloc(1, sizeof(*t));
	*e = DNS_ERROR_SOCKET;
	if (t == NULL)
		return NULL;
	t->of = s;
	t->to = w->to;
	t->handle = w->handle;
	t->link = &s->all;
	t->next = s->all;
	if (t->next != NULL)
		t->next->link = &t->next;
	s->all = t;
	s->count++;
	t->fd = dial(&w->to);
	if (t->fd < 0)
		*e = dns_error_of(errno);
	else if (w->transport == DNS_DOT && !prepare_tls(s, t))
		*e = DNS_ERROR_TLS;
	else if (loop_watch(s->loop, t->fd, EPOLLIN | EPOLLOUT, on_ready, t, &t->watch, &f) ==
		 ERR_OK)
		return t;
	stream_close(t);
	return NULL;
}

static struct stream *of_pair(struct dns_streams *s, struct dns_handle h)
{
	struct stream *t = s->all;
	while (t != NULL && (t->handle.slot != h.slot || t->handle.epoch != h.epoch))
		t = t->next;
	return t;
}

// The connection this pair has already, unless it still waits for an answer given up.
static struct stream *find(struct dns_streams *s, const struct dns_want *w)
{
	struct stream *t = of_pair(s, w->handle);
	if (t == NULL || !t->asking)
		return t;
	stream_close(t);
	return NULL;
}

void dns_streams_put(struct dns_streams *s, const struct dns_want *w, struct mono now)
{
	enum dns_error e;
	struct fault f;
	if (w->transport == DNS_DOH) {
		if (s->doh == NULL && dns_doh_open(s->loop, &s->c, &s->doh, &f) != ERR_OK)
			s->c.failed(s->c.self, now, w->handle, DNS_ERROR_HTTP);
		else
			dns_doh_put(s->doh, w, now);
		return;
	}
	struct stream *t = find(s, w);
	if (t == NULL)
		t = stream_open(s, w, &e);
	if (t == NULL) {
		s->c.failed(s->c.self, now, w->handle, e);
		return;
	}
	t->handle = w->handle;
	s->c.left(s->c.self, w->handle, socket_port(t->fd));
	t->asking = true;
	t->idle = mono_add(now, s->c.answer_ns);
	t->out[0] = (uint8_t)(w->message.len >> 8);
	t->out[1] = (uint8_t)w->message.len;
	memcpy(t->out + 2, w->message.at, w->message.len);
	t->out_len = w->message.len + 2;
	t->out_done = 0;
	if (t->phase == PHASE_READY)
		want_events(t, EPOLLIN | EPOLLOUT);
}

void dns_streams_end(struct dns_streams *s, struct dns_handle h)
{
	struct stream *t = of_pair(s, h);
	if (t != NULL)
		stream_close(t);
}

struct mono dns_streams_tick(struct dns_streams *s, struct mono now)
{
	struct mono due = MONO_NEVER;
	for (struct stream *t = s->all, *next; t != NULL; t = next) {
		next = t->next;
		if (!mono_before(now, t->idle))
			stream_close(t);
		else
			due = mono_min(due, t->idle);
	}
	return due;
}
