// SPDX-License-Identifier: Apache-2.0
//
// A JSON tree as a trace, whoever wrote it. Inside the trace_format room only.
#pragma once

#include "trace_format/format.h"
#include "trace_format/tree.h"

enum err trace_tree_read(struct arena *a, const struct tree *t, struct trace_doc *out) MUSTUSE;
