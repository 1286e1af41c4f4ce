// SPDX-License-Identifier: Apache-2.0
//
// Listens to the kernel's connection tracking of one network namespace. With nat_event.h's meaning;
// who the connections belong to is decided elsewhere.
#pragma once

#include "base/err.h"
#include "nat/event.h"

struct nat_io;

// In the calling thread's namespace, for as long as it is open. NAME: for faults.
enum err nat_io_open(const char *name, struct nat_io **out, struct fault *f) MUSTUSE;
void nat_io_close(struct nat_io **n);

int nat_io_fd(const struct nat_io *n); // readable when events wait

typedef void nat_event_fn(void *self, const struct nat_event *e);

// Hands on all that waits. Where the kernel had to drop events, all connections that stand are
// asked for instead, so that the same one may be told twice.
enum err nat_io_read(struct nat_io *n, nat_event_fn *fn, void *self, struct fault *f) MUSTUSE;

// How often events were dropped.
uint64_t nat_io_lost(const struct nat_io *n);
