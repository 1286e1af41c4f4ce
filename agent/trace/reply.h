// SPDX-License-Identifier: Apache-2.0
//
// From an IP packet to the facts a trace engine can match: what it says, who sent it, and which
// probe it quotes or answers. Believes nothing; whose it is is decided in trace/match.h.
#pragma once

#include "base/addr.h"
#include "base/span.h"
#include "wire/icmp.h"

enum trace_kind {
	TRACE_HEARD_OTHER,       // nothing a trace can use
	TRACE_HEARD_EXPIRED,     // time exceeded
	TRACE_HEARD_UNREACHABLE, // any code; too big and parameter problem too
	TRACE_HEARD_ECHO,        // echo reply
	TRACE_HEARD_SYN_ACK,
	TRACE_HEARD_RST,
	TRACE_HEARD_DATAGRAM, // UDP from where a probe went
};

struct trace_reply {
	enum trace_kind kind;
	struct addr from; // who sent it
	uint8_t ttl, tos; // as it arrived
	uint8_t icmp_type, icmp_code;
	uint16_t ip_id;
	uint16_t tcp_flags;

	// The probe's flow, as seen there: of the quoted packet, or the mirror of a direct answer.
	struct addr src, dst;
	uint8_t proto;
	uint16_t sport, dport; // ICMP: id in sport

	bool quoted;        // the next four are from a quote
	uint8_t quoted_ttl; // TTL the probe had left
	uint8_t quoted_tos;
	uint16_t quoted_id; // IPv4
	uint16_t check;     // UDP or ICMP checksum
	bool has_check;     // (a quote may be cut)
	bool has_seq;
	uint32_t seq;   // TCP: of the probe (ack - 1 in an answer); ICMP: echo sequence
	bool has_token; // our payload was quoted or echoed
	uint32_t cookie;
	uint16_t serial;

	struct span objects;     // RFC 4884, labels among them; borrowed from the packet
	struct span tcp_options; // of the answer; likewise
	uint32_t mtu;            // told by a router for whom the probe was too big, or 0
	size_t mpls_count;
	struct mpls_entry mpls[ICMP_MPLS_MAX];
};

// ERR_MISSING: whole, but nothing a trace can use. ERR_SHORT, ERR_FORMAT: broken, or
// damaged on the way (checksum of IPv4 or ICMP).
enum err trace_reply_read(struct span packet, struct trace_reply *out) MUSTUSE;
