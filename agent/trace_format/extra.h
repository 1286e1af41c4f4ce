// SPDX-License-Identifier: Apache-2.0
//
// What an answer told besides, of a record, as members of a JSON object.
#pragma once

#include "cli/json.h"
#include "msg/trace.h"

void trace_extra_json(struct json *j, const struct trace_record *r, size_t probe);

// Keys of what trace_extra_json writes; NULL ends them.
extern const char *const trace_extra_keys[];
