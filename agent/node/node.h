// SPDX-License-Identifier: Apache-2.0
//
// The agent put together: records, tracing, orders, uplink on one loop. main.c opens it, runs the
// loop, and closes it.
#pragma once

#include "node/config.h"
#include "node/services.h"

// C and SECRET are borrowed until node_close.
enum err node_open(struct loop *l, const struct node_config *c, const struct seal_secret *secret,
		   struct node **out, struct fault *f) MUSTUSE;

// Asks the node to leave: visits are given up and reported, what is open is sealed, what is sealed
// is sent and acknowledged as far as the collector answers within PATIENCE; then the loop stops.
void node_leave(struct node *n, int64_t patience_ns);

void node_close(struct node **n);
