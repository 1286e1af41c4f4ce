// SPDX-License-Identifier: Apache-2.0
#include "lab/app_tls.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab/app_socket.h"
#include "lab/app_ssl.h"
#include "sys/clock.h"
#include "sys/fd.h"

struct tls {
	struct loop *loop;
	struct loop_watch *watch;
	struct loop_timer *timer;
	struct tls_events ev;
	SSL *ssl;
	int fd;
	uint32_t wanted; // epoll bits
	bool connected, up, dead;
	bool busy, closed; // inside a callback; closed by it
	size_t in_len, out_len, out_cap;
	uint8_t *out;
	uint8_t in[TLS_IN_MAX];
};

static void destroy(struct tls *t)
{
	loop_watch_drop(&t->watch);
	loop_timer_drop(&t->timer);
	SSL_free(t->ssl);
	fd_close(&t->fd);
	free(t->out);
	free(t);
}

// --- contexts ----------------------------------------------------------------------------------

static enum err context(const SSL_METHOD *method, const char *ca, const char *cert, const char *key,
			SSL_CTX **out, struct fault *f)
{
	SSL_CTX *c = SSL_CTX_new(method);

	if (c == NULL)
		return fault_set(f, ERR_MEMORY, 0, "TLS: no context");
	SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);
	SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				    SSL_MODE_RELEASE_BUFFERS);
	const char *bad = NULL;
	if (SSL_CTX_load_verify_locations(c, ca, NULL) != 1)
		bad = ca;
	else if (cert != NULL && SSL_CTX_use_certificate_chain_file(c, cert) != 1)
		bad = cert;
	else if (cert != NULL && SSL_CTX_use_PrivateKey_file(c, key, SSL_FILETYPE_PEM) != 1)
		bad = key;
	ERR_clear_error();
	if (bad != NULL) {
		SSL_CTX_free(c);
		return fault_set(f, ERR_USAGE, 0, "%s: no PEM file that TLS can use", bad);
	}
	*out = c;
	return ERR_OK;
}

enum err tls_client(const char *ca, const char *cert, const char *key, SSL_CTX **out,
		    struct fault *f)
{
	enum err err = context(TLS_client_method(), ca, cert, key, out, f);

	if (err == ERR_OK)
		SSL_CTX_set_verify(*out, SSL_VERIFY_PEER, NULL);
	return err;
}

enum err tls_server(const char *ca, const char *cert, const char *key, SSL_CTX **out,
		    struct fault *f)
{
	enum err err = context(TLS_server_method(), ca, cert, key, out, f);

	if (err != ERR_OK)
		return err;
	SSL_CTX_set_verify(*out, SSL_VERIFY_PEER, NULL);
	// Each connection proves itself; nothing is resumed.
	SSL_CTX_set_session_cache_mode(*out, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(*out, 0);
	return ERR_OK;
}

void tls_context_free(SSL_CTX **c)
{
	SSL_CTX_free(*c);
	*c = NULL;
}

// --- the connection ----------------------------------------------------------------------------

// The last act of a callback: the owner may have closed T meanwhile, and then it is gone.
static void leave(struct tls *t)
{
	t->busy = false;
	if (t->closed)
		destroy(t);
}

static void down(struct tls *t, const char *stage, const char *what)
{
	if (t->dead)
		return;
	t->dead = true;
	loop_watch_drop(&t->watch);
	loop_timer_at(t->timer, MONO_NEVER);
	t->ev.down(t->ev.self, stage, what);
}

static void want(struct tls *t, uint32_t events)
{
	if (t->watch == NULL || events == t->wanted)
		return;
	t->wanted = events;
	struct fault f;
	if (loop_watch_events(t->watch, events, &f) != ERR_OK)
		down(t, "lost", f.what);
}

// What OpenSSL says about the last failure, for people.
static const char *reason(struct tls *t, char *out, size_t cap)
{
	unsigned long code = ERR_get_error();
	long verify = SSL_get_verify_result(t->ssl);

	if (!t->up && verify != X509_V_OK)
		snprintf(out, cap, "%s", X509_verify_cert_error_string(verify));
	else if (code != 0)
		ERR_error_string_n(code, out, cap);
	else
		snprintf(out, cap, "the other end closed the connection");
	ERR_clear_error();
	return out;
}

static void broken(struct tls *t)
{
	char what[160];
	bool distrust = !t->up && SSL_get_verify_result(t->ssl) != X509_V_OK;

	reason(t, what, sizeof(what));
	down(t, t->up ? "lost" : distrust ? "certificate" : "tls", what);
}

// What the last SSL call waits for; false when the connection is over.
static bool again(struct tls *t, int result)
{
	int why = SSL_get_error(t->ssl, result);

	if (why == SSL_ERROR_WANT_READ)
		want(t, EPOLLIN);
	else if (why == SSL_ERROR_WANT_WRITE)
		want(t, EPOLLIN | EPOLLOUT);
	else
		broken(t);
	return !t->dead;
}

static void flush(struct tls *t)
{
	while (t->up && !t->dead && t->out_len > 0) {
		ERR_clear_error();
		int n = SSL_write(t->ssl, t->out, (int)t->out_len);
		if (n <= 0) {
			(void)again(t, n);
			return;
		}
		t->out_len -= (size_t)n;
		memmove(t->out, t->out + n, t->out_len);
	}
	if (!t->dead)
		want(t, EPOLLIN);
}

static void take(struct tls *t)
{
	while (!t->dead && !t->closed) {
		if (t->in_len == sizeof(t->in)) {
			down(t, "lost", "more bytes than one message may have");
			return;
		}
		ERR_clear_error();
		int n = SSL_read(t->ssl, t->in + t->in_len, (int)(sizeof(t->in) - t->in_len));
		if (n <= 0) {
			(void)again(t, n);
			return;
		}
		t->in_len += (size_t)n;
		size_t used = t->ev.bytes(t->ev.self, span_of(t->in, t->in_len));
		if (t->closed || t->dead)
			return;
		t->in_len -= used;
		memmove(t->in, t->in + used, t->in_len);
	}
}

static void handshake(struct tls *t)
{
	ERR_clear_error();
	int n = SSL_do_handshake(t->ssl);

	if (n != 1) {
		(void)again(t, n);
		return;
	}
	t->up = true;
	loop_timer_at(t->timer, MONO_NEVER);
	want(t, EPOLLIN);
	t->ev.up(t->ev.self);
}

static void connected(struct tls *t)
{
	int sys = 0;
	socklen_t len = sizeof(sys);

	if (getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &sys, &len) != 0)
		sys = errno;
	if (sys != 0) {
		char text[80];
		down(t, "connect", strerror_r(sys, text, sizeof(text)));
		return;
	}
	t->connected = true;
}

static void on_ready(void *self, uint32_t events)
{
	struct tls *t = self;

	(void)events;
	t->busy = true;
	if (!t->connected)
		connected(t);
	if (!t->dead && !t->closed && !t->up)
		handshake(t);
	if (!t->dead && !t->closed && t->up)
		take(t);
	if (!t->dead && !t->closed)
		flush(t);
	leave(t);
}

static void on_due(void *self, struct mono now)
{
	struct tls *t = self;

	(void)now;
	t->busy = true;
	down(t, t->connected ? "tls" : "connect", "no answer in time");
	leave(t);
}

static enum err begin(struct loop *l, SSL_CTX *context, int fd, struct mono deadline,
		      struct tls_events ev, struct tls **out, struct fault *f)
{
	struct tls *t = calloc(1, sizeof(*t));

	if (t == NULL) {
		fd_close(&fd);
		return fault_set(f, ERR_MEMORY, 0, "TLS: no memory");
	}
	*t = (struct tls){ .loop = l, .ev = ev, .fd = fd, .wanted = EPOLLIN | EPOLLOUT };
	int on = 1; // a small message does not wait for the answer to the last one
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	t->ssl = SSL_new(context);
	enum err err = ERR_OK;
	if (t->ssl == NULL || SSL_set_fd(t->ssl, fd) != 1)
		err = fault_set(f, ERR_MEMORY, 0, "TLS: no connection object");
	if (err == ERR_OK)
		err = loop_watch(l, fd, t->wanted, on_ready, t, &t->watch, f);
	if (err == ERR_OK)
		err = loop_timer(l, on_due, t, &t->timer, f);
	if (err != ERR_OK) {
		destroy(t);
		return err;
	}
	loop_timer_at(t->timer, deadline);
	*out = t;
	return ERR_OK;
}

// SNI, and the name the certificate must have. OpenSSL takes SNI as a plain char *.
static bool expect(SSL *ssl, const char *name)
{
	char sni[256];

	snprintf(sni, sizeof(sni), "%s", name);
	return SSL_set_tlsext_host_name(ssl, sni) == 1 && SSL_set1_host(ssl, name) == 1;
}

enum err tls_connect(struct loop *l, SSL_CTX *context, struct addr to, uint16_t port,
		     const char *name, struct mono deadline, struct tls_events ev, struct tls **out,
		     struct fault *f)
{
	int fd;
	enum err err = socket_connect(to, port, &fd, f);

	if (err != ERR_OK)
		return err;
	err = begin(l, context, fd, deadline, ev, out, f);
	if (err != ERR_OK)
		return err;
	SSL_set_connect_state((*out)->ssl);
	if (!expect((*out)->ssl, name)) {
		destroy(*out);
		*out = NULL;
		return fault_set(f, ERR_USAGE, 0, "%s: no name for TLS", name);
	}
	return ERR_OK;
}

enum err tls_accept(struct loop *l, SSL_CTX *context, int fd, struct mono deadline,
		    struct tls_events ev, struct tls **out, struct fault *f)
{
	enum err err = begin(l, context, fd, deadline, ev, out, f);

	if (err != ERR_OK)
		return err;
	SSL_set_accept_state((*out)->ssl);
	(*out)->connected = true;
	return ERR_OK;
}

static bool room(struct tls *t, size_t len)
{
	if (t->out_cap - t->out_len >= len)
		return true;
	size_t cap = t->out_cap == 0 ? 4096 : t->out_cap;
	while (cap - t->out_len < len)
		cap *= 2;
	uint8_t *bigger = cap > TLS_OUT_MAX ? NULL : realloc(t->out, cap);
	if (bigger == NULL)
		return false;
	t->out = bigger;
	t->out_cap = cap;
	return true;
}

void tls_send(struct tls *t, struct span s)
{
	if (t->dead || t->closed || s.len == 0)
		return;
	if (!room(t, s.len)) {
		down(t, "lost", "the other end reads too slowly");
		return;
	}
	memcpy(t->out + t->out_len, s.at, s.len);
	t->out_len += s.len;
	bool outer = t->busy;
	t->busy = true;
	flush(t);
	t->busy = outer;
	if (!outer && t->closed)
		destroy(t);
}

void tls_close(struct tls **out)
{
	struct tls *t = *out;

	*out = NULL;
	if (t == NULL || t->closed)
		return;
	t->closed = true;
	if (t->up && !t->dead) {
		ERR_clear_error();
		if (t->out_len > 0)
			(void)SSL_write(t->ssl, t->out, (int)t->out_len);
		(void)SSL_shutdown(t->ssl);
		ERR_clear_error();
	}
	loop_watch_drop(&t->watch);
	loop_timer_at(t->timer, MONO_NEVER);
	if (!t->busy)
		destroy(t);
}

bool tls_peer_is(const struct tls *t, const char *name)
{
	X509 *peer = SSL_get1_peer_certificate(t->ssl);
	bool is = peer != NULL && SSL_get_verify_result(t->ssl) == X509_V_OK &&
		  X509_check_host(peer, name, 0, 0, NULL) == 1;

	X509_free(peer);
	return is;
}
