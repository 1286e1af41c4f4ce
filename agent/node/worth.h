// SPDX-License-Identifier: Apache-2.0
//
// Which flows of a phone are looked at any further: those of its apps, not those this house made.
// Pure.
#pragma once

#include "capture/flow.h"
#include "msg/order.h"
#include "node/config.h"

// K: a is the phone. A server worth a trace.
bool worth_tracing(const struct node_config *c, const struct tunnel_order *t,
		   const struct flow_key *k);

// False for the self-test's own questions, which are no traffic of the phone's apps.
bool worth_telling(const struct node_config *c, const struct flow_key *k);
