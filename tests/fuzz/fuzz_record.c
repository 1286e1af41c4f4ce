// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "tunnel/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// The same bytes as a record and as a line of /proc/PID/stat.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size);
	struct record r;
	uint64_t start;
	uint8_t room[RECORD_TEXT];
	struct wr w = wr_of(room, sizeof(room));
	if (record_stat_read(in, &start) == ERR_OK)
		assert(size > 20);
	if (record_read(in, &r) != ERR_OK)
		return 0;
	assert(r.owner.pid > 0 && r.daemon.pid >= 0);
	record_part(in, "nft", &w);
	assert(w.len <= size || w.err != ERR_OK);
	return 0;
}
