// SPDX-License-Identifier: Apache-2.0
//
// The doing half of multipath tracing: raw sockets out, packet sockets in, and several mdas side by
// side. In: targets; out: each finished graph, by a call. Sends one probe at a time: an mda waits
// for answers more than for sockets.
#pragma once

#include "pace/pace.h"
#include "sys/loop.h"
#include "trace/mda.h"

struct mda_io;

struct mda_done {
	uint64_t tag;
	const struct mda_target *target;
	struct mda *mda;
	struct wall start;
	int64_t took_ns;
	uint32_t drops; // packets the kernel had no room for meanwhile
};

// D is borrowed for the call. May call mda_io_put, not mda_io_close.
typedef void mda_io_done_fn(void *self, const struct mda_done *d);

struct mda_io_config {
	size_t traces; // most at one time
	uint16_t sport_first, sport_count;
	uint64_t seed;      // of identifying fields; 0: random
	size_t ring;        // bytes answers may wait in, per family
	int receive_buffer; // the same where the kernel gives no ring
	struct pace *pace;  // asked before every packet; borrowed
	mda_io_done_fn *done;
	void *self;
};

#define MDA_IO_DEFAULT                                                                             \
	{                                                                                          \
		.traces = 16, .sport_first = 61000, .sport_count = MDA_FLOWS_MAX, .ring = 1 << 20, \
		.receive_buffer = 4 << 20                                                          \
	}

// ERR_PERMIT without CAP_NET_RAW.
enum err mda_io_open(struct loop *l, const struct mda_io_config *c, struct mda_io **out,
		     struct fault *f) MUSTUSE;
void mda_io_close(struct mda_io **io);

// Starts one; random and, unless given, src are filled in here, and the first port unless it is one
// of those configured. ERR_EXISTS: that target is
// being traced by that method; ERR_FULL; else as mda_new.
enum err mda_io_put(struct mda_io *io, uint64_t tag, const struct mda_target *t) MUSTUSE;

void mda_io_stop(struct mda_io *io); // ends all; each is still handed over
size_t mda_io_count(const struct mda_io *io);
