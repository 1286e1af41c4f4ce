// SPDX-License-Identifier: Apache-2.0
//
// Numbers of scamper's warts format, trace object. Inside the trace_format room only.
//
//   record: magic:16 type:16 length:32 body
//   trace:  params, hop_count:16, hops, optional parts, 0:16
//   params: bits, seven a byte, the eighth says more; when any: length:16, values in order of bits
//   address: length:8 type:8 bytes, or 0:8 index:32 of an earlier one of the same record
#pragma once

#include "base/rd.h"

#define WARTS_MAGIC      0x1205
#define WARTS_TRACE      6
#define WARTS_HEAD       8
#define WARTS_PARAM_MAX  56 // eight bytes of bits
#define WARTS_BITS       ((1ull << (WARTS_PARAM_MAX + 1)) - 1)
#define WARTS_RECORD_MAX (1u << 20)

enum warts_trace_param {
	WARTS_LIST = 1,
	WARTS_CYCLE = 2,
	WARTS_SRC_GID = 3,
	WARTS_DST_GID = 4,
	WARTS_START = 5,
	WARTS_STOP = 6,
	WARTS_TYPE = 11,
	WARTS_SPORT = 13,
	WARTS_DPORT = 14,
	WARTS_FIRST = 15,
	WARTS_PROBES = 23,
	WARTS_SRC = 26,
	WARTS_DST = 27,
	WARTS_ROUTER = 30,
	WARTS_TRACE_KNOWN = 31, // params of known length
};

enum warts_hop_param {
	WARTS_HOP_GID = 1,
	WARTS_HOP_TTL = 2,
	WARTS_HOP_REPLY_TTL = 3,
	WARTS_HOP_FLAGS = 4,
	WARTS_HOP_PROBE_ID = 5,
	WARTS_HOP_RTT = 6,
	WARTS_HOP_ICMP = 7,
	WARTS_HOP_QUOTED_TTL = 14,
	WARTS_HOP_TCP = 15,
	WARTS_HOP_EXTENSIONS = 17,
	WARTS_HOP_ADDR = 18,
	WARTS_HOP_KNOWN = 19,
};

enum { // values of WARTS_HOP_FLAGS
	WARTS_REPLY_TTL = 0x10,
	WARTS_TCP = 0x20,
};

enum { // how a value ends: bytes, or
	WARTS_AN_ADDR = 100,
	WARTS_COUNTED, // length:16 before it
};

// Length of each param's value, from 1.
extern const uint8_t warts_trace_len[WARTS_TRACE_KNOWN + 1];
extern const uint8_t warts_hop_len[WARTS_HOP_KNOWN + 1];

// Both directions of the type of a trace and of why it stopped.
struct warts_pair {
	uint8_t warts, ours;
};
extern const struct warts_pair warts_types[4], warts_stops[7];
