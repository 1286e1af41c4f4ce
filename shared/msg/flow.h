// SPDX-License-Identifier: Apache-2.0
//
// One finished flow of a capture (proto/capture.proto). Names are borrowed.
#pragma once

#include "msg/trace.h"

enum name_how {
	NAME_UNKNOWN,
	NAME_DNS,
	NAME_SNI,
	NAME_QUIC,
	NAME_HTTP,
	NAME_CERT,
	NAME_HTTPDNS,
	NAME_HOW_COUNT,
};

const char *name_how_name(enum name_how h); // "dns"

#define FLOW_NAMES_MAX  8  // names kept for one flow
#define FLOW_BURSTS_MAX 64 // bursts kept for one flow; later ones add to the last

struct flow_name {
	struct span name;
	enum name_how how;
};

struct flow_burst {
	int64_t after_ns; // after the flow's first packet
	uint32_t bytes;   // payload, both directions
};

// The same connection on the uplink, behind the address translation. A.family 0: none was seen.
struct flow_outer {
	struct addr a, b;
	uint16_t aport, bport;
	uint64_t pkts_ab, bytes_ab, pkts_ba, bytes_ba;
	uint32_t drops;    // of the capture outside
	uint32_t mappings; // how often it was translated anew; a and b are the newest
};

// What the headers of one end of a TCP connection told.
struct flow_tcp {
	uint16_t flags;       // every flag of the header that was seen, and FLOW_TCP_*; 0: not TCP
	uint32_t again, late; // segments sent again, and overtaken by later ones
	int64_t rtt_ns;       // from the capture to this end and back, by the handshake; 0: unknown
};

enum flow_tcp_flag {
	FLOW_TCP_SYN = 0x200,     // a SYN that asks: without ACK
	FLOW_TCP_SYN_ACK = 0x400, // one that answers
};

struct flow_record {
	struct run_id run;
	uint8_t side;
	struct wall first, last;
	uint8_t proto;
	struct addr a, b;
	uint16_t aport, bport;
	uint64_t pkts_ab, bytes_ab, pkts_ba, bytes_ba;
	struct flow_name names[FLOW_NAMES_MAX];
	size_t name_count;
	struct flow_burst bursts[FLOW_BURSTS_MAX];
	size_t burst_count;
	struct span app; // label, or empty
	uint32_t kernel_drops, interface_drops;
	uint32_t fragments;           // packets of it that were fragments
	struct flow_tcp tcp_a, tcp_b; // what came from a, and from b
	struct flow_outer outer;
};

// How one connection of a phone was translated on its way out.
struct mapping_record {
	struct run_id run;
	uint8_t side;
	struct wall at;
	uint8_t proto;
	struct addr inner, dst;    // as the phone sent it
	struct addr outer, server; // as it left
	uint16_t inner_port, dst_port, outer_port, server_port;
};

enum capture_place {
	CAPTURE_UNKNOWN,
	CAPTURE_INSIDE,  // in the tunnel
	CAPTURE_OUTSIDE, // on the uplink, behind the translation
	CAPTURE_PLACE_COUNT,
};

const char *capture_place_name(enum capture_place p); // "inside"

#define CAPTURE_SHA256 32

// One capture of a run, and the file it was kept in.
struct capture_record {
	struct run_id run;
	uint8_t side;
	enum capture_place place;
	struct wall first, last;
	uint64_t packets, kernel_drops, interface_drops;
	uint32_t snap;
	uint64_t bytes;     // of the file
	struct span sha256; // of the file; empty: none was kept
};
