// SPDX-License-Identifier: Apache-2.0
//
// The discovery engine on a loop, with its sockets and clocks. Addresses go in as a sweep or one by
// one; records come out through DONE.
#pragma once

#include "discover/discover.h"
#include "sys/loop.h"

struct discover_io;

typedef void discover_done_fn(void *self, const struct resolver_record *r);

struct discover_io_config {
	struct discover_config engine; // ports, seed and masks are filled in
	double rate;                   // questions a second there may be: for the number of ports
	discover_done_fn *done;
	void *self;
};

#define DISCOVER_DEFAULT                                                                           \
	((struct discover_config){ .tries = 2,                                                     \
				   .sweep_tries = 1,                                               \
				   .wait_ns = 2 * NS_PER_S,                                        \
				   .rounds = 1,                                                    \
				   .round_ns = 10 * NS_PER_S,                                      \
				   .parallel = 2000 })

enum err discover_io_open(struct loop *l, const struct discover_io_config *c,
			  struct discover_io **out, struct fault *f) MUSTUSE;
void discover_io_close(struct discover_io **io);

void discover_io_sweep(struct discover_io *io, const struct space *space, uint64_t from);
enum err discover_io_put(struct discover_io *io, struct addr a, enum resolver_role role) MUSTUSE;
void discover_io_stop(struct discover_io *io); // what was begun is handed over as it is, at once

bool discover_io_done(const struct discover_io *io);
struct discover_counts discover_io_counts(const struct discover_io *io);
uint64_t discover_io_place(const struct discover_io *io);

// The first resolver of /etc/resolv.conf; family 0 when there is none.
struct addr discover_helper_find(void);
