// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/ip.h"
#include "wire/link.h"
#include "wire/tcp.h"
#include "wire/udp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void transport(const struct ip_head *h)
{
	struct tcp_head tcp;
	struct udp_head udp;
	struct tcp_option option;
	if (tcp_read(h->payload, &tcp) == ERR_OK) {
		assert(span_within(tcp.payload, h->payload));
		struct rd r = rd_of(tcp.options);
		while (tcp_option_next(&r, &option))
			assert(span_within(option.data, tcp.options));
	}
	if (udp_read(h->payload, &udp) == ERR_OK)
		assert(span_within(udp.payload, h->payload));
}

// Two bytes of link type, then the frame.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	struct span frame = span_of(data + 2, size - 2), ip;
	struct ip_head head;
	if (link_frame_read((uint32_t)(data[0] << 8 | data[1]), frame, &ip) != ERR_OK)
		return 0;
	assert(span_within(ip, frame));
	if (ip_read(ip, &head) == ERR_OK) {
		assert(span_within(head.payload, ip));
		assert(head.head_len + head.payload.len <= head.total_len);
		transport(&head);
	}
	if (ip_quote_read(ip, &head) == ERR_OK)
		transport(&head);
	return 0;
}
