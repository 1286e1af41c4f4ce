// SPDX-License-Identifier: Apache-2.0
//
// A graph (tracelb) as scamper's warts format lays it out. Read by warts_graph_read.c, told as
// scamper's JSON by warts_graph.c. Inside the trace_format room only.
//
//   graph: params, nodes, links         node: params
//   link:  params, probe sets, a hop    set: params, probes
//   probe: params, replies              reply: params
#pragma once

#include "trace_format/doc.h"

struct graph_time {
	uint32_t sec, usec;
};

struct graph_reply {
	struct graph_time rx;
	struct addr from;
	uint16_t ip_id;
	uint8_t ttl, flags, type, code, tcp_flags, quoted_ttl, quoted_tos;
	struct trace_doc_reply labels; // of which only those
};

struct graph_probe {
	struct graph_time tx;
	uint16_t flow, reply_count;
	uint8_t ttl, attempt;
	struct graph_reply *replies;
};

struct graph_set {
	uint16_t count;
	struct graph_probe *probes;
};

struct graph_link {
	uint16_t to;
	bool has_to;
	uint8_t hops;
	struct graph_set *sets;  // one a hop
	struct graph_link *next; // from the same node
};

struct graph_node {
	struct addr addr;
	struct span name;
	uint8_t flags, quoted_ttl;
	uint16_t link_count;
	struct graph_link *first, *last;
};

struct graph {
	struct addr src, dst, router;
	struct graph_time start;
	uint16_t sport, dport, size, node_count, link_count;
	uint8_t type, first, wait_timeout, wait_probe, attempts, confidence, tos, gap;
	uint32_t probes, probes_max, user;
	struct graph_node *nodes;
};

enum { // flags of a node, of a reply
	GRAPH_NODE_QUOTED = 1,
	GRAPH_REPLY_TCP = 2,
};

// ERR_FORMAT, ERR_RANGE (too large), ERR_UNSUPPORTED (addresses by the deprecated global table).
enum err graph_read(struct arena *a, struct span body, struct graph *out) MUSTUSE;
