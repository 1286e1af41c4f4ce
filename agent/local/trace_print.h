// SPDX-License-Identifier: Apache-2.0
//
// A finished trace as a JSON line, without a detour: this is what thousands of traces go through.
// The other formats are in trace_read.h.
#pragma once

#include <stdio.h>

#include "local/trace_names.h"
#include "trace/trace.h"

// NAME: what was asked for, a host name or an address.
// ID: by which other traces may name it. NAMES of hops, or NULL.
void trace_print_json(FILE *out, const struct trace_record *r, const char *name, bool id,
		      const struct trace_names *names);

// What would be sent to T: for --dry-run. DENIED: the prefix that forbids it, or NULL.
void trace_print_plan(FILE *out, bool json, const struct trace_target *t,
		      const struct prefix *denied, const char *name);
