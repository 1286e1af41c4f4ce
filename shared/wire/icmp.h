// SPDX-License-Identifier: Apache-2.0
//
// ICMP and ICMPv6: echo, and errors with the packet they quote. A router may quote little (8 bytes
// of transport header), may pad the quote and put extensions behind it (RFC 4884: MPLS stack of
// RFC 4950, interface of RFC 5837), with or without saying so in the length field. All of that is
// taken apart here; whose probe the quote was is decided elsewhere.
#pragma once

#include "base/rd.h"
#include "wire/ip.h"

#define ICMP_HEAD     8
#define ICMP_MPLS_MAX 16 // entries kept; deeper stacks are cut, mpls_total tells

// What a message means, alike for both families.
enum icmp_kind {
	ICMP_OTHER,
	ICMP_ECHO,
	ICMP_ECHO_REPLY,
	ICMP_UNREACHABLE,
	ICMP_TOO_BIG, // IPv4: unreachable code 4
	ICMP_TIME_EXCEEDED,
	ICMP_PARAMETER,
	ICMP_REDIRECT,
};

struct mpls_entry {
	uint32_t label; // 20 bits
	uint8_t tc;     // 3 bits
	bool bottom;
	uint8_t ttl;
};

struct icmp {
	enum icmp_kind kind;
	uint8_t type, code;
	uint16_t checksum;
	uint32_t rest;    // bytes 4..7
	uint16_t id, seq; // of an echo
	uint32_t mtu;     // of ICMP_TOO_BIG
	struct span body; // after the 8 bytes

	bool quotes;                           // QUOTE holds at least the fixed IP header
	struct ip_head quote;                  // quote.payload: 8 or more bytes of transport header
	struct span extensions;                // objects, for icmp_object_next; empty when none
	size_t mpls_count, mpls_total;         // entries kept, entries seen
	struct mpls_entry mpls[ICMP_MPLS_MAX]; // from the top of the stack
};

// FAMILY 4 or 6: which ICMP. ERR_SHORT below 8 bytes. A quote that cannot be read is no error:
// quotes is false then.
enum err icmp_read(uint8_t family, struct span in, struct icmp *out) MUSTUSE;

struct icmp_object {
	uint8_t class, kind; // RFC 4884 8: class number and C-type
	struct span data;
};

// Walks rd_of(icmp.extensions). False at the end or at a broken object, which r->err tells apart.
bool icmp_object_next(struct rd *r, struct icmp_object *out);

// Header (type, code, rest of H; body of H) with its checksum. The pseudo header of ICMPv6 needs
// SRC and DST; their family decides which ICMP it is.
enum err icmp_write(struct wr *w, const struct addr *src, const struct addr *dst,
		    const struct icmp *h) MUSTUSE;

// An error as a router sends it: type, code, rest, mpls and mpls_count of H, quoting QUOTED (which
// the caller has cut to the length it wants quoted). With mpls_count > 0 the quote is padded to at
// least 128 bytes, its length is stated, and an RFC 4950 object follows.
enum err icmp_error_write(struct wr *w, const struct addr *src, const struct addr *dst,
			  const struct icmp *h, struct span quoted) MUSTUSE;
