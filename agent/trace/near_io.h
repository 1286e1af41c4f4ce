// SPDX-License-Identifier: Apache-2.0
//
// The source address the kernel would choose, without asking it for every target: three calls to
// the kernel for a trace of nine probes are a sixth of all the trace costs. In: an IPv4
// destination; out: what the kernel chose for its /24 within the last second, when nothing in the
// routes can part that /24: no route longer than /24 lies in it, no address of ours, none has
// several next hops (of which each host has its own), and no rule chooses by anything but the
// destination. Else it is asked as ever.
#pragma once

#include "base/time.h"
#include "trace/source_io.h"

struct trace_near;

struct trace_near *trace_near_new(void); // NULL without memory
void trace_near_free(struct trace_near **n);

struct addr trace_near_find(struct trace_near *n, struct trace_source *s, struct mono now,
			    struct addr dst);
