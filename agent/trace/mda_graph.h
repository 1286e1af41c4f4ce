// SPDX-License-Identifier: Apache-2.0
//
// What is known of a multipath graph while it is being found: per hop the interfaces, and for each
// (flow, hop) where that flow was seen. In: answers; out: interfaces, links, and how many flows
// speak for each. Knows no packet and no time. Inside the trace room only.
//
// Hop 0 is this machine, hop H answers at TTL first_ttl - 1 + H. A router that does not answer is
// an interface without an address, one a hop. While a hop has one interface every flow passes it
// and none need be asked there.
#pragma once

#include "msg/trace.h"

#define MDA_WIDTH     64   // interfaces at one hop: a set of them is a word
#define MDA_FLOWS_MAX 4096 // ports we may use
#define MDA_MPLS      4    // label stack entries kept of an interface
#define MDA_NONE      0xff // no interface

enum mda_cell_state {
	MDA_EMPTY,
	MDA_OPEN,  // asked
	MDA_AGAIN, // silent so far, will be asked again
	MDA_KNOWN,
};

struct mda_cell {
	uint8_t state, node; // KNOWN: where
	uint8_t tries, repeats;
	uint8_t lost;                // of the tries, that this machine may have lost
	uint16_t serial;             // KNOWN: of the probe that told
	uint8_t goal_hop, goal_node; // OPEN, AGAIN: whose next hops it is to show
};

struct mda_node {
	struct addr addr; // family 0: silent
	uint32_t flows;   // cells that know it; 0: an answer that no longer holds
	uint32_t answer;  // ANSWER()
	int64_t rtt_min;
	uint8_t reply_ttl, reply_tos, quoted_ttl;
	uint16_t told; // kinds of what it told besides, a set of 1 << enum trace_extra_kind
	bool end;      // no flow goes on from here
	bool reached;  // since it is the target
	uint8_t mpls_count;
	uint32_t mpls[MDA_MPLS];
};

struct mda_hop {
	struct mda_node *nodes;     // owned; MDA_WIDTH of them once there is one
	uint8_t count;              // ever seen
	uint8_t live, only;         // with flows; the last such
	bool per_packet;            // one flow, several answers
	bool changed;               // flows moved during the trace
	bool full;                  // wider than MDA_WIDTH
	bool stale;                 // the rest is to be counted anew
	uint32_t answers;           // probes answered
	uint32_t wanted[MDA_WIDTH]; // probes under way whose goal this is
	// Of the links to the next hop:
	uint32_t flows[MDA_WIDTH], pending[MDA_WIDTH];
	uint64_t next[MDA_WIDTH];
};

struct mda_graph {
	uint8_t hops; // the last is hops - 1
	uint16_t flows, room, flows_max;
	struct mda_hop *hop;    // owned
	struct mda_cell *cells; // owned
};

enum err mda_graph_init(struct mda_graph *g, uint8_t hops, uint16_t flows_max) MUSTUSE;
void mda_graph_wipe(struct mda_graph *g);

// The cell of FLOW at HOP >= 1; FLOW < g->flows.
struct mda_cell *mda_graph_cell(const struct mda_graph *g, uint16_t flow, uint8_t hop);

// A flow never used before. ERR_FULL: all are; ERR_MEMORY.
enum err mda_graph_flow(struct mda_graph *g, uint16_t *out) MUSTUSE;

// The interface with address A at HOP, new or known; MDA_NONE when there are too many.
uint8_t mda_graph_node(struct mda_graph *g, uint8_t hop, struct addr a);

// FLOW passes NODE at HOP, says probe SERIAL.
void mda_graph_put(struct mda_graph *g, uint16_t flow, uint8_t hop, uint8_t node, uint16_t serial);

// Changes the state of a cell that is not KNOWN, or makes a KNOWN one forget.
void mda_graph_set(struct mda_graph *g, uint16_t flow, uint8_t hop, enum mda_cell_state state);

// Notes that what a cell under way is for counts as coming, or no longer.
void mda_graph_goal(struct mda_graph *g, struct mda_cell *c, uint8_t hop, uint8_t node);

// The interface FLOW passes at HOP, seen or implied; MDA_NONE while unknown.
uint8_t mda_graph_at(const struct mda_graph *g, uint16_t flow, uint8_t hop);

// Brings the counts of links from HOP up to date.
void mda_graph_count(struct mda_graph *g, uint8_t hop);

// Whether links between HOP and the next mean nothing, since packets of one flow part.
bool mda_graph_loose(const struct mda_graph *g, uint8_t hop);

// Flows seen on the link from FROM at HOP to TO at the next.
uint32_t mda_graph_link(const struct mda_graph *g, uint8_t hop, uint8_t from, uint8_t to);
