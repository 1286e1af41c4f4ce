// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/dtls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size);
	struct dtls_walk w = dtls_walk(in);
	struct dtls_piece p;
	while (dtls_piece_next(&w, &p))
		assert(span_within(p.data, in) && p.from + p.data.len <= p.total);
	return 0;
}
