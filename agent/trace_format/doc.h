// SPDX-License-Identifier: Apache-2.0
//
// One trace as a document: what every format can say, as values, and what only one of them can, as
// that format's own words ("facts"), so that a trace read from one format and written to it again
// is the same. Readers fill it from bytes, writers put it out; both are pure. Knows no engine, no
// file name and no socket. Everything hangs on the arena of the reader.
#pragma once

#include <stdio.h>

#include "base/arena.h"
#include "msg/trace.h"

#define TRACE_DOC_REPLIES 4096       // in one trace; more: ERR_RANGE
#define TRACE_DOC_BYTES   (8u << 20) // memory of one trace

enum trace_tongue { // who says a fact
	TRACE_TONGUE_ATLAS,
	TRACE_TONGUE_WARTS,
	TRACE_TONGUE_TOOL, // what a tool printed that is only read: scamper's JSON, mtr, text
	TRACE_TONGUES,
};

struct trace_fact {
	struct span key, value; // value: JSON as it stands
	struct trace_fact *next;
};

struct trace_facts {
	struct trace_fact *first, *last;
};

struct trace_doc_reply {
	uint8_t ttl;      // of the probe
	struct addr from; // family 0: no answer
	bool has_rtt, has_reply_ttl, has_quoted_ttl;
	uint32_t rtt_us;
	uint32_t answer; // ANSWER(), 0: not told
	uint8_t reply_ttl, quoted_ttl, mark;
	uint8_t label_count;
	uint32_t *labels;       // MPLS stack entries
	uint64_t borrowed_from; // with TRACE_BORROWED: the other trace's id, and how long before
	uint32_t borrowed_age_ms;
	struct span host; // name of FROM, as it stands between quotes; empty: not told
	uint16_t ip_id;   // 0: not told
	uint8_t tos;      // of the answer
	uint32_t mtu;     // of the next link, by who could not pass the probe on; 0: not told
	struct trace_facts told; // of trace_format/extra.h, as it stands
	struct trace_facts facts[TRACE_TONGUES];
};

struct trace_doc {
	struct span name; // as asked for
	bool has_id;
	uint64_t id; // what other traces call it by
	struct addr src, dst;
	enum trace_method method;
	uint16_t sport, dport; // 0: not told
	uint32_t flow_label;
	uint8_t proto;         // of TRACE_FLOW, 0: not told
	uint16_t beside_sport; // as in records, where there is something to tell
	enum trace_not_inside not_inside;
	uint8_t server_hops;
	bool has_start;
	struct wall start;
	uint32_t duration_us;
	enum trace_stop stop;
	uint32_t probes_sent, kernel_drops;
	uint16_t path_mtu; // 0: not looked for
	uint8_t tos;       // of the probes
	uint8_t first_ttl;
	struct trace_doc_reply *replies; // by TTL, as sent
	size_t count;
	struct span graph; // our own document of a graph as it stands: the rest is its first flow
	struct trace_facts facts[TRACE_TONGUES];
};

// Facts of one tongue: put at the end, found by key. ERR_MEMORY.
enum err trace_fact_put(struct arena *a, struct trace_facts *f, struct span key,
			struct span value) MUSTUSE;
const struct trace_fact *trace_fact_find(const struct trace_facts *f, const char *key);

// A record of the engine as a document; NAME is borrowed.
enum err trace_doc_of(struct arena *a, const struct trace_record *r, const char *name,
		      struct trace_doc *out) MUSTUSE;

// Number of replies to the probes of one TTL, from REPLY on.
size_t trace_doc_hop(const struct trace_doc *d, size_t reply);
