// SPDX-License-Identifier: Apache-2.0
//
// Bursts of payload of the flows of one run: when each began and how much it carried, so that the
// collector can lay them beside the times of messages. Pure.
#pragma once

#include "capture/flow.h"
#include "msg/flow.h"

struct bursts;

struct bursts *bursts_new(size_t flows, const uint64_t seed[2]); // NULL without memory
void bursts_free(struct bursts **b);

// FLOW began to carry payload at AT after a silence; SO_FAR: payload bytes before that. Past the
// bound of flows, or of bursts in a flow, later payload counts for the last burst kept.
void bursts_hear(struct bursts *b, const struct flow_key *flow, struct wall at, uint64_t so_far);

// The bursts of a finished flow that began at FIRST and carried TOTAL bytes of payload.
size_t bursts_find(const struct bursts *b, const struct flow_key *flow, struct wall first,
		   uint64_t total, struct flow_burst out[static FLOW_BURSTS_MAX]);
