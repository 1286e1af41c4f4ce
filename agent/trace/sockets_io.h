// SPDX-License-Identifier: Apache-2.0
//
// What both engines send by and hear with: for each family a raw socket out and a packet socket in
// (filter_io.h), whose ring costs memory and a timer of the kernel only once that family is traced.
// Knows no probe and no trace.
#pragma once

#include "base/addr.h"
#include "sys/loop.h"
#include "trace/ring_io.h"

enum trace_family {
	TRACE_V4,
	TRACE_V6,
	TRACE_FAMILIES,
};

struct trace_sockets;

struct trace_sockets_config {
	uint16_t sport_first, sport_count; // answers to these are let through
	size_t ring;                       // bytes answers may wait in, per family
	int receive_buffer;                // the same where the kernel gives no ring
	void (*on_answers)(void *self, uint32_t events);
	trace_ring_fn *on_packet;
	void *self; // of both
};

static inline enum trace_family trace_family_of(struct addr a)
{
	return a.family == 4 ? TRACE_V4 : TRACE_V6;
}

// ERR_PERMIT without CAP_NET_RAW.
enum err trace_sockets_open(struct loop *l, const struct trace_sockets_config *c,
			    struct trace_sockets **out, struct fault *f) MUSTUSE;
void trace_sockets_close(struct trace_sockets **s);

// From now on answers of that family are heard.
enum err trace_sockets_listen(struct trace_sockets *s, enum trace_family family) MUSTUSE;

// Whether answers wake the loop. False when that could not be set.
bool trace_sockets_wake(struct trace_sockets *s, bool wake);

// Hands over what there is, at most LIMIT blocks of each family.
void trace_sockets_take(struct trace_sockets *s, size_t limit);

uint64_t trace_sockets_drops(struct trace_sockets *s); // since the last call
int trace_sockets_sender(const struct trace_sockets *s, enum trace_family family);
