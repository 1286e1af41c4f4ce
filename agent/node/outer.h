// SPDX-License-Identifier: Apache-2.0
//
// A flow of a phone joined with what the uplink saw of it: which translations it had, and the
// packets counted under each. Pure.
#pragma once

#include "capture/flow.h"
#include "msg/flow.h"
#include "nat/nat.h"

#define OUTER_SUMMED 64 // translations of one connection that are added up, the newest

// Fills R->outer from its addresses and ports, but for the drops. FLOWS: of the uplink.
// R->outer.mappings stays 0 where no translation is known.
void outer_join(const struct nat *nat, const struct flow_table *flows, struct flow_record *r);
