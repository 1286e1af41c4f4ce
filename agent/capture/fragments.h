// SPDX-License-Identifier: Apache-2.0
//
// Ports for fragments: only the first fragment of a packet carries the transport header, so its
// ports are remembered for those that follow. Bounded; a newer packet may push an older one out.
#pragma once

#include "wire/ip.h"

#define FRAGMENTS     4096 // packets in fragments remembered; power of two
#define FRAGMENT_WAYS 8    // that have one place in common: of these the oldest goes

struct fragment {
	struct addr src, dst;
	uint32_t id;
	uint16_t sport, dport;
	uint8_t proto;
	uint32_t turn; // when it was put; 0: never
};

struct fragments {
	struct fragment kept[FRAGMENTS];
	uint32_t turn;
};

void fragments_put(struct fragments *f, const struct ip_head *h, uint16_t sport, uint16_t dport);

// False, and both ports 0, when the first fragment was not seen.
bool fragments_find(const struct fragments *f, const struct ip_head *h, uint16_t *sport,
		    uint16_t *dport);
