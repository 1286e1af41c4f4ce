// SPDX-License-Identifier: Apache-2.0
//
// `waymark trace --live`: the flows seen on an interface, each traced inside itself; a flow whose
// server's distance cannot be told gets an ordinary trace to the same port instead.
#pragma once

#include "sys/loop.h"
#include "trace/inflow.h"
#include "trace_format/format.h"

struct live_config {
	const char *interface;
	int64_t for_ns; // 0: until interrupted
	enum trace_format format;
	unsigned max_ttl;
	struct inflow_config flows; // how to trace; pace is used for both kinds
};

struct live_counts {
	size_t inside, beside, refused; // traces in the flow, separate ones, neither
	bool interrupted;
};

enum err live_measure(const struct live_config *c, struct live_counts *out,
		      struct fault *f) MUSTUSE;
