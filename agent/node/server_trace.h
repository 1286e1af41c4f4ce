// SPDX-License-Identifier: Apache-2.0
//
// The traces of one side of a run: in go the targets of its order and the flows of its phone, out
// go questions to the node's engine; it counts what was asked and what has ended.
#pragma once

#include "capture/flow.h"
#include "node/services.h"
#include "node/twin_io.h"

#define SERVER_TRACE_MOST 256 // servers of flows in one run

// SELF of the engine's callbacks: must stay where it is, and be forgotten (node_trace_forget).
struct server_trace {
	struct node *node;
	struct run_id run;
	uint8_t side;
	struct trace_limits limits;
	size_t traces, traced, targets, refused;
	struct flow_key waiting[SERVER_TRACE_MOST]; // flows of which it is not known how they leave
	size_t waiting_count;
};

void server_trace_one(struct server_trace *s, const struct target *target,
		      enum trace_purpose purpose);

// While the flow lives: inside it, in the app's own protocol, and by ICMP beside it. Inside as it
// leaves the node, behind the translation: TWIN knows, or server_trace_mapped will be told; NULL:
// nobody knows, it is taken as it is.
void server_trace_flow(struct server_trace *s, const struct tunnel_order *t,
		       const struct flow_key *k, struct twin *twin);
// The capture ends: flows whose translation was not told by now are not traced inside.
void server_trace_end(struct server_trace *s);
void server_trace_mapped(void *self, const struct flow_key *k, const struct flow_key *outside);
