// SPDX-License-Identifier: Apache-2.0
//
// A packet with the checksums of IPv4 and ICMP put right and the length it has, or else a fuzzer
// would have to guess them before it gets to see what lies behind.
#pragma once

#include <string.h>

#include "wire/be.h"
#include "wire/checksum.h"
#include "wire/icmp.h"
#include "wire/ip.h"

static inline struct span mend(struct span packet, uint8_t *room, size_t cap)
{
	struct ip_head ip;
	if (packet.len > cap)
		packet = span_cut(packet, 0, cap);
	if (packet.len > 0)
		memcpy(room, packet.at, packet.len);
	struct span out = span_of(room, packet.len);
	if (ip_read(out, &ip) == ERR_OK && out.len < ip.total_len)
		be16_put(room + (ip.src.family == 4 ? 2 : 4),
			 (uint16_t)(out.len - (ip.src.family == 4 ? 0 : IP6_HEAD)));
	if (ip_read(out, &ip) != ERR_OK)
		return out;
	if (ip.src.family == 4) {
		be16_put(room + 10, 0);
		be16_put(room + 10, checksum_end(checksum_add(0, span_of(room, ip.head_len))));
	}
	if (ip.frag_at != 0 || ip.payload.len < ICMP_HEAD ||
	    ip.proto != (ip.src.family == 4 ? IP_ICMP : IP_ICMP6))
		return out;
	uint8_t *check = room + ip.head_len + 2;
	uint32_t sum = 0;
	if (ip.src.family == 6)
		sum = checksum_pseudo(&ip.src, &ip.dst, IP_ICMP6, (uint32_t)ip.payload.len);
	be16_put(check, 0);
	be16_put(check, checksum_end(checksum_add(sum, ip.payload)));
	return out;
}
