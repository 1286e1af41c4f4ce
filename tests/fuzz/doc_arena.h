// SPDX-License-Identifier: Apache-2.0
//
// Room for documents of traces: one block for everything, kept from input to input, since mapping
// it anew each time was most of the work.
#pragma once

#include <assert.h>

#include "trace_format/format.h"

static inline struct arena *doc_arena(void)
{
	static struct arena a;
	if (a.first == NULL) {
		arena_init(&a, TRACE_DOC_BYTES);
		assert(arena_take(&a, TRACE_DOC_BYTES) != NULL);
	}
	arena_reset(&a);
	return &a;
}
