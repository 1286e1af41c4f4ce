// SPDX-License-Identifier: Apache-2.0
#include <assert.h>

#include "msg/link.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// The first four bytes are frame 0, the rest frame 1.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t room[1 << 20];
	uint8_t magic[4];
	struct link_head h, again;
	struct arena arena;
	struct span in = span_of(data, size);
	arena_init(&arena, 1 << 20);
	if (link_read(span_cut(in, 0, 4), span_cut(in, 4, size), &arena, &h) == ERR_OK) {
		struct wr w = wr_of(room, sizeof(room));
		assert(link_write(&h, magic, &w) == ERR_OK);
		// A hello grows by its clock; anything that still fits must read back.
		if (w.len <= LINK_HEAD_MAX)
			assert(link_read(span_of(magic, 4), wr_span(&w), &arena, &again) == ERR_OK);
		assert(w.len > LINK_HEAD_MAX || again.seq == h.seq);
	}
	arena_wipe(&arena);
	return 0;
}
