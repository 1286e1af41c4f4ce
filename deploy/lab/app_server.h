// SPDX-License-Identifier: Apache-2.0
//
// Many TLS connections under small numbers: accepts, dials, lets go those that say nothing. What
// is said on them is the business of a `talk`: the messenger (app_mail.c), the connectivity check
// and the push service (app_beat.c).
#pragma once

#include "base/addr.h"
#include "sys/loop.h"

#define SERVER_LINKS_MAX 256
#define SERVER_SILENT_NS (90 * NS_PER_S) // a phone pings every 30 s
#define SERVER_SHAKE_NS  (10 * NS_PER_S) // for a handshake

struct app_server;

struct app_talk {
	void (*join)(void *self, int link, bool dialed);
	// Returns how many bytes it took. It may drop LINK.
	size_t (*hear)(void *self, int link, struct span in);
	void (*leave)(void *self, int link); // only what joined leaves
	void *self;
};

struct app_server_config {
	const char *ca, *cert, *key; // PEM files
	struct addr listen;          // family 0: every address
	uint16_t port;
	struct app_talk talk;
};

enum err app_server_open(struct loop *l, const struct app_server_config *c, struct app_server **out,
			 struct fault *f) MUSTUSE;
void app_server_close(struct app_server **s);

uint16_t app_server_port(const struct app_server *s);
void app_server_send(struct app_server *s, int link, struct span bytes);
void app_server_drop(struct app_server *s, int link); // after what was sent; `leave` is called

// The number that will join, or leave nothing behind when nobody answers; -1: cannot even try.
int app_server_dial(struct app_server *s, struct addr to, uint16_t port, const char *name);
bool app_server_used(const struct app_server *s, int link);

// The other end of LINK proved by certificate that it is NAME.
bool app_server_peer_is(const struct app_server *s, int link, const char *name);
