// SPDX-License-Identifier: Apache-2.0
//
// A finished path as the record the rest of the house knows. Inside the trace room only.
#pragma once

#include "trace/path.h"

struct trace_scratch;

struct trace_scratch *trace_scratch_new(void);
void trace_scratch_free(struct trace_scratch **s);

// The record borrows from S.
void trace_record_make(struct trace_scratch *s, const struct trace_path *p, struct mono now,
		       struct trace_record *out);

// How many probes have no answer and may have been lost here.
size_t trace_record_lost(const struct trace_record *r);
