// SPDX-License-Identifier: Apache-2.0
//
// What an answer told besides, as members of a JSON object: of a record, and a label stack's entry.
#pragma once

#include "cli/json.h"
#include "msg/trace.h"

void trace_extra_json(struct json *j, const struct trace_record *r, size_t probe);

// The same of other entries (trace_extra_next) that have this number.
void trace_extras_json(struct json *j, struct span extra, size_t number);

// Members that only a trace inside a flow, or made for one, has.
void trace_flow_json(struct json *j, uint16_t beside_sport, enum trace_not_inside why,
		     uint8_t server_hops);

void trace_label_json(struct json *j, uint32_t word); // an object of its own

// Keys of what trace_extra_json writes before "mtu"; NULL ends them.
extern const char *const trace_extra_keys[];
