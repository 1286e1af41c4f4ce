// SPDX-License-Identifier: Apache-2.0
//
// A finished flow of the capture room, with the names that led to its far end, its bursts and its
// label, as a record.
#pragma once

#include "capture/flow.h"
#include "label/label.h"
#include "msg/flow.h"
#include "node/bursts.h"

#define FLOW_OUT_TEXT 256 // bytes of one name

// Borrows from TABLE's names, and from LABEL until it is next called. LABEL may be NULL.
void flow_out(const struct flow_table *table, const struct flow *flow, const struct bursts *bursts,
	      struct label *label, struct flow_record *out);
