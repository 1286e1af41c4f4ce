// SPDX-License-Identifier: Apache-2.0
//
// What scamper's sc_warts2json prints (M-Lab keeps it so), and mtr's --json, out of a JSON tree: a
// trace, or a graph (tracelb) as the probes that found it. Every member is kept as it stood
// besides. Inside the trace_format room only.
#pragma once

#include "trace_format/format.h"
#include "trace_format/tree.h"

// ERR_MISSING: neither.
enum err scamper_read(struct arena *a, const struct tree *t, struct trace_doc *d) MUSTUSE;
enum err mtr_read(struct arena *a, const struct tree *t, struct trace_doc *d) MUSTUSE;

// What stands beside traces in such files: cycles, lists, what M-Lab says of a measurement.
bool scamper_is_aside(const struct tree *t);
