// SPDX-License-Identifier: Apache-2.0
//
// Numbers of scamper's warts format, trace object, and what its readers share. Inside the
// trace_format room only.
//
//   record: magic:16 type:16 length:32 body
//   trace:  params, hop_count:16, hops, optional parts, 0:16
//   params: bits, seven a byte, the eighth says more; when any: length:16, values in order of bits
//   address: length:8 type:8 bytes, or 0:8 index:32 of an earlier one of the same record
#pragma once

#include "base/rd.h"
#include "trace_format/doc.h"

#define WARTS_MAGIC      0x1205
#define WARTS_ASIDE      4 // up to here: lists and cycles
#define WARTS_TRACE      6
#define WARTS_GRAPH      8 // tracelb
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
	WARTS_COUNTED,   // length:16 before it
	WARTS_LONE_ADDR, // never called by an index
	WARTS_TEXT,      // up to a zero byte
};

// Length of each param's value, from 1.
extern const uint8_t warts_trace_len[WARTS_TRACE_KNOWN + 1];
extern const uint8_t warts_hop_len[WARTS_HOP_KNOWN + 1];

// Both directions of the type of a trace and of why it stopped.
struct warts_pair {
	uint8_t warts, ours;
};
extern const struct warts_pair warts_types[4], warts_stops[7];

struct warts_reader {
	struct arena *arena;
	struct rd in;
	struct addr *addrs; // of this record, so far
	size_t addr_count;
};
enum err warts_reader_init(struct warts_reader *w, struct arena *a, struct span body) MUSTUSE;

// The params of one list: which are there, and the bytes they lie in.
struct warts_params {
	uint64_t there;
	struct rd in;
};
struct warts_params warts_params_read(struct rd *r);

// The value of one param of length LEN; addresses come out as A besides.
struct span warts_value_take(struct warts_reader *w, struct rd *r, uint8_t len, struct addr *a);
uint64_t warts_number(struct span s);

// Label stacks among the ICMP extensions of a value that is WARTS_COUNTED. ERR_MEMORY.
enum err warts_labels_read(struct arena *a, struct span s, struct trace_doc_reply *r) MUSTUSE;
