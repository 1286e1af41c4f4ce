// SPDX-License-Identifier: Apache-2.0
//
// The multipath graph of one target as a plain struct of borrowed arrays (proto/graph.proto says
// what each means). It comes out of the multipath engine, goes into the spool, and comes out again
// at the collector; it knows none of them.
#pragma once

#include "msg/trace.h"

#define GRAPH_NODES_MAX 4096  // interfaces
#define GRAPH_FLOWS_MAX 4096  // flows used
#define GRAPH_EXTRA_MAX 16384 // bytes of all extras
#define GRAPH_SEEN_MAX  60000 // sightings of a flow at an interface, and links

enum graph_mode {
	GRAPH_MODE_UNKNOWN,
	GRAPH_LITE,
	GRAPH_FULL,
	GRAPH_MODE_COUNT,
};

enum graph_mark {
	GRAPH_PER_PACKET = 1, // one flow, several answers
	GRAPH_CHANGED = 2,    // flows moved during the trace
	GRAPH_MESHED = 4,     // a router has several next hops
	GRAPH_TOO_WIDE = 8,   // more interfaces than can be told
	GRAPH_LOST = 16,      // what is silent there may have answered: it was lost here
};

struct graph_record {
	struct run_id run;
	uint64_t id;
	struct wall start;
	uint32_t duration_us;
	enum trace_purpose purpose;
	struct addr src, dst;
	enum trace_method method;
	uint16_t sport_first, dport;
	enum trace_stop stop;
	uint32_t probes_sent, kernel_drops;
	enum graph_mode mode;
	uint32_t confidence_ppm, reached_ppm;
	bool complete;
	uint32_t flows;
	const uint32_t *flow_label; // per flow
	size_t flow_label_count;    // flows, or 0 for IPv4
	uint8_t first_ttl;
	struct span width, mark; // per TTL; the sum of widths is `nodes`
	size_t nodes;
	struct span addrs;      // per node, 4 or 16 bytes; zero: silent
	const uint32_t *rtt_us; // per node, 0 silent
	const uint32_t *answer; // per node, ANSWER(), 0 silent
	struct span reply_ttl;  // per node
	struct span quoted_ttl; // per node
	const uint32_t *seen;   // per node; the sum is `sightings`
	const uint32_t *flow;   // flow numbers
	size_t sightings;
	struct span out;            // per node; the sum is the links
	struct span to;             // per link: which node of the next TTL
	const uint32_t *link_flows; // per link
	const uint32_t *mpls_node, *mpls_label;
	size_t mpls_count;
	const uint32_t *lost; // per node; lost_count of them, or 0
	size_t lost_count;
	struct span reply_tos; // per node, or empty
	struct span extra;     // entries as trace_extra_next reads them, by node
};

// "lite", "full"
enum err graph_mode_read(struct span word, enum graph_mode *out) MUSTUSE;

// Lengths agree, indices lie in their lists, families match: what a reader may rely on.
enum err graph_check(const struct graph_record *g) MUSTUSE;
