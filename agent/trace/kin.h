// SPDX-License-Identifier: Apache-2.0
//
// Which traces a flow or a destination belongs to: two hash tables of slots whose chains run
// through the paths themselves, so that what is looked up is what is needed next. Inside the trace
// room only.
#pragma once

#include "trace/path.h"

#define TRACE_NO_SLOT UINT32_MAX

struct trace_kin {
	uint32_t *flows, *targets; // owned; first slot of each chain
	size_t mask;               // chains, less one
	uint64_t seed;
};

// TRACES: about how many there will be.
enum err trace_kin_init(struct trace_kin *k, size_t traces, const uint64_t seed[2]) MUSTUSE;
void trace_kin_wipe(struct trace_kin *k);

bool trace_kin_has(const struct trace_kin *k, const struct trace_path *paths,
		   const struct trace_target *t);
void trace_kin_put(struct trace_kin *k, struct trace_path *paths, uint32_t slot);
void trace_kin_take(struct trace_kin *k, struct trace_path *paths, uint32_t slot);

// The trace that R most probably answers, or TRACE_NO_SLOT; looks at no trace.
uint32_t trace_kin_guess(const struct trace_kin *k, const struct trace_reply *r);

// The trace that R answers and the probe, or TRACE_NO_SLOT.
uint32_t trace_kin_find(const struct trace_kin *k, const struct trace_path *paths,
			const struct trace_reply *r, uint16_t *serial, uint8_t *mark);
