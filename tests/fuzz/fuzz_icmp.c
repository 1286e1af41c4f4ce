// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/icmp.h"
#include "wire/icmp_iface.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// One byte of family, then the message.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	struct span in = span_of(data + 1, size - 1);
	struct icmp m;
	struct icmp_object object;
	if (icmp_read(data[0] & 1 ? 4 : 6, in, &m) != ERR_OK)
		return 0;
	assert(span_within(m.body, in));
	assert(m.mpls_count <= ICMP_MPLS_MAX && m.mpls_count <= m.mpls_total);
	assert(!m.quotes || span_within(m.quote.payload, in));
	struct rd r = rd_of(m.extensions);
	while (icmp_object_next(&r, &object)) {
		struct icmp_iface iface;
		assert(span_within(object.data, m.extensions));
		if (icmp_iface_read(object.kind, object.data, &iface) == ERR_OK)
			assert(span_within(iface.name, object.data));
	}
	return 0;
}
