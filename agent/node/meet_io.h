// SPDX-License-Identifier: Apache-2.0
//
// Lets the two ends of a tunnel find each other when both are behind NAT (meet.h): asks the
// reflector from the very UDP port the tunnel will use, tells the other end through the collector,
// and gives the port free when both are known.
#pragma once

#include "node/meet.h"
#include "node/services.h"

#define MEET_RELAY                                                                                 \
	"both ends are behind NATs that use another port for each destination; that wants a "      \
	"relay, which there is none: give one end a public address"

struct meet_io;

struct meet_job {
	struct node *node;
	struct run_id run;
	uint8_t side;
	struct span other; // the node at the other end; borrowed
	uint16_t port;     // 0: one that is free
	// Once. WHY: it cannot be, or NULL: OTHER is where to call from PORT. May close.
	void (*end)(void *self, const struct meet_end *other, uint16_t port, const char *why);
	void *self;
};

enum err meet_io_open(const struct meet_job *job, struct meet_io **out, struct fault *f) MUSTUSE;
// Goes on telling the other end until it is closed.
void meet_io_close(struct meet_io **m);
void meet_io_hear(struct meet_io *m, const struct link_meet *from);

// What to say when there was no handshake.
void meet_io_why(const struct meet_io *m, char *out, size_t cap);
