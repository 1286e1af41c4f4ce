// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/quic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size);
	struct rd packets = rd_of(in), frames = rd_of(in);
	struct quic_packet p;
	struct quic_crypto c;
	size_t sum = 0;
	while (quic_packet_next(&packets, &p)) {
		assert(span_within(p.bytes, in) && p.number_at <= p.bytes.len);
		assert(span_within(p.dcid, in) && span_within(p.token, in) && p.cipher != NULL);
		sum += p.bytes.len;
	}
	assert(sum <= size && (sum == 0 || quic_begins(in)));
	while (quic_crypto_next(&frames, &c))
		assert(span_within(c.data, in));
	return 0;
}
