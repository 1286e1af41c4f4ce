// SPDX-License-Identifier: Apache-2.0
//
// The node's one trace engine, shared by all visits: a target goes in with what the record shall
// say of it, the record is kept when the trace has ended, names of its hops are asked.
#pragma once

#include "names/names_io.h"
#include "node/records.h"
#include "node/services.h"

#define TRACING_MAX 4096 // traces at one time

struct tracing;

enum err tracing_open(struct loop *l, const struct node_config *c, struct records *records,
		      struct tracing **out, struct fault *f) MUSTUSE;
void tracing_close(struct tracing **t);

enum err tracing_put(struct tracing *t, const struct node_trace *want) MUSTUSE;
void tracing_refused(struct tracing *t, const struct node_trace *want, enum trace_not_inside why);
void tracing_forget(struct tracing *t, const void *self);
