// SPDX-License-Identifier: Apache-2.0
//
// A messenger's client: logs in, sends, receives, keeps the connection up until it is closed. What
// was not stored by the server goes out again after a new login; what comes twice is told once.
// Events are the lines of wire/phone_line.h.
#pragma once

#include "lab/phone_link.h"
#include "wire/phone_line.h"

#define PHONE_OUTBOX_MAX 32             // messages the server does not have yet
#define PHONE_SEEN_MAX   128            // ids remembered against doubles
#define PHONE_AGAIN_NS   (1 * NS_PER_S) // between two attempts to connect
#define PHONE_PING_NS    (30 * NS_PER_S)
#define PHONE_LOGIN_NS   (10 * NS_PER_S) // from connected to logged in

struct phone_app;

typedef void phone_event_fn(void *self, const struct phone_line *event);

enum err phone_app_new(const struct phone_net *net, phone_event_fn *fn, void *self,
		       struct phone_app **out, struct fault *f) MUSTUSE;
void phone_app_free(struct phone_app **a);

// Opens the app (and closes what was open). SERVER and PORT belong to APP.
void phone_app_open(struct phone_app *a, const struct phone_line *open, const char *server,
		    uint16_t port);
void phone_app_send(struct phone_app *a, const struct phone_line *send);
void phone_app_close(struct phone_app *a);
void phone_app_reconnect(struct phone_app *a); // the network changed
void phone_app_state(const struct phone_app *a, struct phone_line *out);
