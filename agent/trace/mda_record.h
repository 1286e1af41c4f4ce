// SPDX-License-Identifier: Apache-2.0
//
// A multipath graph as the record the rest of the house knows.
#pragma once

#include "base/arena.h"
#include "msg/graph.h"
#include "trace/mda.h"

#define MDA_RECORD_MAX (1 << 20) // bytes of the arrays of any graph

// What an mda cannot know (run, id, purpose, start, duration, drops) is left zero. The arrays live
// in A; ERR_FULL: it is too small.
enum err mda_record_make(struct mda *m, struct arena *a, struct graph_record *out) MUSTUSE;
