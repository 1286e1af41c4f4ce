// SPDX-License-Identifier: Apache-2.0
//
// A traceroute as people see it, out of its text. Inside the trace_format room only.
#pragma once

#include "trace_format/format.h"

// One trace. ERR_FORMAT: no line of it is a hop.
enum err trace_text_read(struct arena *a, struct span text, struct trace_doc *out) MUSTUSE;

// Whether LINE says what is traced, and so begins a trace.
bool trace_text_is_head(struct span line);
