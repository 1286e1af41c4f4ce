// SPDX-License-Identifier: Apache-2.0
//
// From a frame as captured to the IP packet in it: Ethernet (with 802.1Q, QinQ, PPPoE, MPLS, SNAP),
// Linux cooked v1 and v2, PPP, loopback, raw IP. The link type is the number libpcap gives, which
// this room does not link against. Tunnels inside IP stay closed: the outermost IP header counts.
#pragma once

#include "base/err.h"
#include "base/span.h"

enum link_type {
	LINK_NULL = 0, // BSD loopback: address family in the byte order of who wrote it
	LINK_ETHERNET = 1,
	LINK_PPP = 9,
	LINK_RAW_LINUX = 12, // raw IP has three numbers
	LINK_RAW_BSD = 14,
	LINK_PPP_HDLC = 50,
	LINK_PPP_ETHER = 51,
	LINK_RAW = 101,
	LINK_LOOP = 108,
	LINK_COOKED = 113,
	LINK_IPV4 = 228,
	LINK_IPV6 = 229,
	LINK_COOKED2 = 276,
};

// ERR_MISSING: a frame that carries no IP (ARP, LLC…). ERR_UNSUPPORTED: unknown link type.
enum err link_frame_read(uint32_t type, struct span frame, struct span *ip) MUSTUSE;
