// SPDX-License-Identifier: Apache-2.0
//
// IPv4 and IPv6 headers, extension headers walked, as one value. What enters is the packet from its
// version nibble on; what leaves borrows from it. Knows no link layer and reassembles nothing: a
// fragment is told as such.
#pragma once

#include "base/addr.h"
#include "base/span.h"
#include "base/wr.h"

#define IP4_HEAD 20 // without options
#define IP6_HEAD 40

enum ip_proto {
	IP_ICMP = 1,
	IP_IGMP = 2,
	IP_TCP = 6,
	IP_UDP = 17,
	IP_ICMP6 = 58,
};

struct ip_head {
	struct addr src, dst; // src.family says 4 or 6
	uint8_t proto;        // what follows the last header walked
	uint8_t ttl;          // hop limit
	uint8_t tos;          // traffic class, ECN included
	bool frag_more;       // MF
	bool frag_never;      // DF; IPv4 only
	uint32_t frag_at; // offset of this fragment in bytes; its payload has no transport header
			  // unless 0
	uint32_t id;      // IPv4 ID, or the IPv6 fragment ID, else 0
	uint32_t flow_label; // IPv6 only
	uint32_t total_len;  // as the header states it, headers included
	uint16_t head_len;   // up to the payload, options and extension headers included
	uint16_t checksum;   // IPv4 only, as read
	struct span payload; // what is there of it, never past total_len
};

// ERR_SHORT: a header is cut off; OUT then holds what was read before the cut (src.family stays 0
// when not even the fixed header was there, and proto is that of the header that is missing).
// ERR_FORMAT: no IP. A payload shorter than stated is no error.
enum err ip_read(struct span in, struct ip_head *out) MUSTUSE;

// The same for the packet quoted in an ICMP error: total_len is not believed (there are routers
// that swap its bytes), so the payload is all that follows.
enum err ip_quote_read(struct span in, struct ip_head *out) MUSTUSE;

// Writes the header for PAYLOAD_LEN bytes that the caller writes next. Taken from H: src, dst,
// proto, ttl, tos, id, flow_label and the fragment fields; IPv6 gets a fragment header when
// frag_more or frag_at is set. The IPv4 checksum is computed.
enum err ip_write(struct wr *w, const struct ip_head *h, size_t payload_len) MUSTUSE;

// Sets TTL or hop limit of the packet at AT in place and mends the checksum, as a router does.
enum err ip_ttl_put(uint8_t *at, size_t len, uint8_t ttl) MUSTUSE;

// "tcp", "udp", "icmp", "icmp6", "igmp", …; NULL when it has no name here.
const char *ip_proto_name(uint8_t proto);
