// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "tunnel/uapi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct uapi_reply r;
	if (uapi_read(span_of(data, size), &r) != ERR_OK)
		return 0;
	assert(r.error >= 0 && r.error <= 4095);
	assert(r.state.handshake.ns >= 0);
	assert(r.state.endpoint.family == 0 || addr_bits(r.state.endpoint) != 0);
	return 0;
}
