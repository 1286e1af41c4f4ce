// SPDX-License-Identifier: Apache-2.0
//
// One TLS connection on the loop, either end. The client sends SNI and checks certificate and name
// against the lab's authority; the server presents its certificate and asks for one, which only
// offices of a messenger have. This file does not know what is said inside.
#pragma once

#include "base/addr.h"
#include "sys/loop.h"

#define TLS_IN_MAX  (8 * 1024)   // bytes received and not yet taken
#define TLS_OUT_MAX (256 * 1024) // bytes waiting to be sent: a reader that stopped is let go

struct tls;
struct ssl_ctx_st; // OpenSSL's SSL_CTX

struct tls_events {
	void (*up)(void *self); // handshake done, certificate checked
	// All that is there and not yet taken; returns how many bytes it took.
	size_t (*bytes)(void *self, struct span in);
	// The connection is gone; the stage is one of the words of a `failed` line: connect, tls,
	// certificate, lost. The owner calls tls_close, now or later.
	void (*down)(void *self, const char *stage, const char *what);
	void *self;
};

// CA: PEM file of the authority. CERT and KEY: NULL for a client without one.
enum err tls_client(const char *ca, const char *cert, const char *key, struct ssl_ctx_st **out,
		    struct fault *f) MUSTUSE;
enum err tls_server(const char *ca, const char *cert, const char *key, struct ssl_ctx_st **out,
		    struct fault *f) MUSTUSE;
void tls_context_free(struct ssl_ctx_st **c);

// Starts to connect; NAME goes into SNI and must be in the certificate. Without an answer until
// DEADLINE it goes down ("connect" or "tls").
enum err tls_connect(struct loop *l, struct ssl_ctx_st *context, struct addr to, uint16_t port,
		     const char *name, struct mono deadline, struct tls_events ev, struct tls **out,
		     struct fault *f) MUSTUSE;

// Takes over the accepted descriptor FD, also when it fails.
enum err tls_accept(struct loop *l, struct ssl_ctx_st *context, int fd, struct mono deadline,
		    struct tls_events ev, struct tls **out, struct fault *f) MUSTUSE;

// Queues S; a full queue takes the connection down.
void tls_send(struct tls *t, struct span s);

// Sends what is queued if the kernel takes it, says goodbye, forgets. No event follows. NULL-safe;
// callbacks may close their own connection.
void tls_close(struct tls **t);

// The other end proved by certificate that it is NAME.
bool tls_peer_is(const struct tls *t, const char *name);
