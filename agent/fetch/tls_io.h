// SPDX-License-Identifier: Apache-2.0
//
// Watches one TLS handshake of libcurl: the certificates as the server sent them, what was agreed,
// and whether the chain holds against our roots. Nothing it finds ends the handshake: what a wrong
// server serves is what we came for.
#pragma once

#include "base/arena.h"
#include "msg/page.h"

struct tls_roots;

// The system's roots, or only those of the PEM file FILE.
enum err tls_roots_open(const char *file, struct tls_roots **out, struct fault *f) MUSTUSE;
void tls_roots_close(struct tls_roots **r);

// What one handshake leaves behind; texts and certificates lie in ARENA. Lives until the transfer
// is over.
struct tls_watch {
	struct tls_roots *roots;
	const char *host;
	struct arena *arena;
	struct page_tls seen;
};

// SSL_CTX is OpenSSL's, before its handshake. False: it cannot be watched, and must not go on.
bool tls_watch_start(void *ssl_ctx, struct tls_watch *w) MUSTUSE;
