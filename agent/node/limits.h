// SPDX-License-Identifier: Apache-2.0
//
// What an order says of how to trace, laid over what an engine would do by itself: a zero leaves
// the engine's own, as far as the node allows: no more than MOST (from 1) probes to one hop. Knows
// no engine.
#pragma once

#include "msg/order.h"
#include "trace/mda.h"
#include "trace/trace.h"

void limits_trace(const struct trace_limits *l, uint8_t most, struct trace_target *to);
void limits_graph(const struct trace_limits *l, const struct graph_order *g, uint8_t most,
		  struct mda_target *to);
