// SPDX-License-Identifier: Apache-2.0
//
// Reverse DNS names of addresses, asked of one resolver, each address once while it is remembered
// (c-ares does the asking). In: addresses; out: a name for each, empty when there is none.
#pragma once

#include "base/addr.h"
#include "sys/loop.h"

#define NAMES_ASKING 64 // questions on the way at once
#define NAMES_WAITING                                                                              \
	4096                // addresses waiting for their turn; more are forgotten, not lost:
			    // they are asked for when they are seen again
#define NAMES_KNOWN   65536 // addresses remembered as asked, then the oldest are asked again
#define NAMES_WAIT_MS 2000  // for one answer
#define NAMES_TRIES   2

struct names_io;

// NAME is empty when the resolver says there is none. A resolver that does not answer gives no
// call.
typedef void names_io_fn(void *self, struct addr addr, struct span name);

// RESOLVER of family 0: the system's.
enum err names_io_open(struct loop *l, struct addr resolver, names_io_fn *fn, void *self,
		       struct names_io **out, struct fault *f) MUSTUSE;
void names_io_close(struct names_io **n);

void names_io_ask(struct names_io *n, struct addr addr);

size_t names_io_pending(const struct names_io *n);
