// SPDX-License-Identifier: Apache-2.0
#include <assert.h>

#include "spool/seg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// As a segment is walked: never past the end, never backwards, payloads inside.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size);
	struct seg_head head;
	struct seg_state state;
	struct seg_record r;
	(void)!seg_state_read(in, &state);
	uint64_t epoch = seg_head_read(in, &head) == ERR_OK ? head.epoch : 1;
	for (size_t at = SEG_HEAD_SIZE, step; at < in.len; at += step) {
		enum err err = seg_record_read(span_cut(in, at, in.len), epoch, &r, &step);
		if (err == ERR_OK)
			assert(span_within(r.payload, in) && r.payload.len > 0);
		if (err == ERR_FORMAT || err == ERR_MISSING) {
			assert(step == 0);
			step = seg_seek(in, at + 8, epoch) - at;
		}
		assert(step > 0);
	}
	return 0;
}
