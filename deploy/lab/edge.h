// SPDX-License-Identifier: Apache-2.0
//
// The Ethernet between a host and its router. In goes a frame the host sent; out comes the IP
// packet in it, or the router's answer to ARP and IPv6 neighbour discovery. Bytes only.
#pragma once

#include "base/addr.h"

#define EDGE_HEAD       14
#define EDGE_ANSWER_MAX (EDGE_HEAD + 40 + 32) // a neighbour advertisement

// The two ends of one such link. Addresses are the router's.
struct edge {
	uint8_t host[6], router[6];
	struct addr v4, v6;
};

struct edge_answer {
	uint8_t bytes[EDGE_ANSWER_MAX];
	size_t len;
};

enum edge_kind {
	EDGE_NOTHING, // multicast chatter, or not for the router
	EDGE_PACKET,
	EDGE_ANSWER,
};

struct edge edge_of(int host, struct addr v4, struct addr v6);

// EDGE_PACKET sets *PACKET (borrowed), EDGE_ANSWER sets *ANSWER.
enum edge_kind edge_hear(const struct edge *e, struct span frame, struct span *packet,
			 struct edge_answer *answer);

// The Ethernet header in front of an IP packet for the host.
void edge_head_write(const struct edge *e, struct span packet, uint8_t out[static EDGE_HEAD]);
