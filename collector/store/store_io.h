// SPDX-License-Identifier: Apache-2.0
//
// The writer: one thread that puts groups into PostgreSQL, one transaction each (cursors moved,
// rows copied), and gives each group back when it is durable. While the database is away it keeps
// the group in hand and tries again; it never drops one. Groups change hands by their address sent
// over a socketpair: whoever holds it owns it.
#pragma once

#include "store/group.h"
#include "sys/loop.h"

struct store;

// G is durable, or, with g->conflict, the cursors stood elsewhere and nothing of it was written.
typedef void store_done_fn(void *self, const struct group *g);
// The database came or went; WHAT says why it went.
typedef void store_state_fn(void *self, bool up, const char *what);

struct store_config {
	const char *conninfo;
	bool keep_bodies; // store the signed bytes too
	store_done_fn *done;
	store_state_fn *state;
	void *self;
};

enum err store_open(const struct store_config *c, struct loop *loop, struct store **out,
		    struct fault *f) MUSTUSE;
// Ends the thread; groups it still holds are dropped (they were never acknowledged).
void store_close(struct store **s);

struct group *store_take(struct store *s); // an empty group to fill; NULL without memory
void store_put(struct store *s, struct group **g);
size_t store_pending(const struct store *s); // groups put and not yet given back
