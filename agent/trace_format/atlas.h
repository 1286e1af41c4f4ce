// SPDX-License-Identifier: Apache-2.0
//
// RIPE Atlas results out of a JSON tree. Inside the trace_format room only; writing is in format.h.
#pragma once

#include "trace_format/format.h"
#include "trace_format/tree.h"

// ERR_MISSING: no traceroute result.
enum err atlas_read(struct arena *a, const struct tree *t, struct trace_doc *d) MUSTUSE;
