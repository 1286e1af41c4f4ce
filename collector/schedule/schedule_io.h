// SPDX-License-Identifier: Apache-2.0
//
// The registry's reader: one thread with its own connection that learns of nodes, keys and orders
// as they change (NOTIFY, and a full read now and then), opens streams, and keeps the database
// tidy (partitions ahead, old bodies gone). What it finds goes to the loop by address over a
// socketpair. It does not know who is connected.
#pragma once

#include "msg/trace.h"
#include "schedule/book.h"
#include "sys/loop.h"

struct schedule_key {
	int32_t id, node;
	char name[NODE_NAME_MAX + 1];
	bool revoked;
	struct wall from, to;
	uint8_t curve[32], sign[32];
};

struct schedule_keys {
	size_t count;
	struct schedule_key keys[];
};

struct schedule_events {
	void (*keys)(void *self, const struct schedule_keys *keys); // all there are
	void (*orders)(void *self, struct book **orders);           // all there are; may be taken
	void (*opened)(void *self, int32_t node, uint64_t epoch, int32_t id, uint64_t last_seq);
	void (*state)(void *self, bool up, const char *what);
	// Called in the registry's thread when the database stays away: whoever runs it may start
	// it.
	enum err (*revive)(void *self, struct fault *f);
	void *self;
};

struct schedule_io;

enum err schedule_io_open(const char *conninfo, const struct schedule_events *events,
			  struct loop *loop, struct schedule_io **out, struct fault *f) MUSTUSE;
void schedule_io_close(struct schedule_io **s);

// Finds or makes the stream; EVENTS.opened says so, in time.
void schedule_io_stream(struct schedule_io *s, int32_t node, uint64_t epoch);
