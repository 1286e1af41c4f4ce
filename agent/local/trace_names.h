// SPDX-License-Identifier: Apache-2.0
//
// Finished traces that wait for the DNS names of their hops. In: records; out, by a call: the same
// records, once every name has come or nobody will tell any more. Names are asked once and kept;
// nothing waits longer than the resolver is given, and no more than TRACE_NAMES_HELD at once.
#pragma once

#include "msg/trace.h"
#include "sys/loop.h"

#define TRACE_NAMES_HELD  256
#define TRACE_NAMES_KNOWN 8192 // names; what is more is printed without
#define TRACE_NAMES_MAX   255  // bytes of a name

struct trace_names;

// R is borrowed for the call.
typedef void trace_names_fn(void *self, const struct trace_record *r);

enum err trace_names_open(struct loop *l, trace_names_fn *fn, void *self, struct trace_names **out,
			  struct fault *f) MUSTUSE;
void trace_names_close(struct trace_names **n);

// Keeps a copy of R until it can be handed over; over at once when it cannot be kept.
void trace_names_put(struct trace_names *n, const struct trace_record *r);

void trace_names_stop(struct trace_names *n); // hands over all, as far as names are known
size_t trace_names_count(const struct trace_names *n);

// Empty: there is none, or it is not known. N may be NULL.
struct span trace_names_find(const struct trace_names *n, struct addr a);
