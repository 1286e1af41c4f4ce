// SPDX-License-Identifier: Apache-2.0
//
// Questions over TCP (RFC 7766) and TLS (RFC 7858, by OpenSSL), and over HTTPS (RFC 8484, by
// libcurl). The questions of one pair share one connection, so that its sandwich is one 5-tuple.
// In: messages, each with the handle of its pair; out: every message that comes back, and errors.
#pragma once

#include "dns/scan.h"
#include "sys/loop.h"

struct dns_streams;

struct dns_streams_config {
	const char *tls_name; // whom a certificate must be for; NULL: taken as it comes
	const char *path;     // of HTTPS: "/dns-query"
	size_t limit;         // connections at once; past it the one idle longest is closed
	int64_t idle_ns;      // a connection without a question is closed after this
	int64_t answer_ns;    // … and one whose question was not answered, after this
	void (*heard)(void *self, struct mono at, const struct dns_heard *h);
	void (*failed)(void *self, struct mono at, struct dns_handle h, enum dns_error e);
	void (*left)(void *self, struct dns_handle h, uint16_t sport);
	void *self;
};

enum err dns_streams_open(struct loop *l, const struct dns_streams_config *c,
			  struct dns_streams **out, struct fault *f) MUSTUSE;
void dns_streams_close(struct dns_streams **s);

void dns_streams_put(struct dns_streams *s, const struct dns_want *w, struct mono now);

// The pair has ended: its connection is closed.
void dns_streams_end(struct dns_streams *s, struct dns_handle h);

// Closes what has been idle; says when to come again.
struct mono dns_streams_tick(struct dns_streams *s, struct mono now);
