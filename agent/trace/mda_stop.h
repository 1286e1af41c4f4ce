// SPDX-License-Identifier: Apache-2.0
//
// When a multipath graph is complete enough, and which probe brings it closer. Inside the trace
// room only; docs/tracing.md has the reasoning and the figures.
//
// A router with k next hops found after n flows may have one more: with k + 1 next hops that share
// flows evenly, the chance that n flows miss any is at most (k + 1) (k / (k + 1))^n. Routers with
// equally many next hops found are one level; a level's risk is that of its worst router times one
// more than the number of routers found to have one more. The sum over the levels bounds the risk
// of the whole graph.
#pragma once

#include "trace/mda_graph.h"

enum mda_mode {
	MDA_LITE, // a wide hop whose routers all have one next hop is judged as one
	MDA_FULL, // every router is judged by itself
};

double mda_stop_risk(unsigned found, unsigned flows);

// Chance that something is missing at hops up to LAST, when RISK is what is allowed; COMING counts
// answers under way as come.
double mda_stop_graph(struct mda_graph *g, enum mda_mode mode, uint8_t last, double risk,
		      bool coming);

struct mda_choice {
	uint16_t flow;               // g->flows: a new one
	uint8_t hop;                 // where to ask it
	uint8_t goal_hop, goal_node; // goal_hop 0: none
};

// Which probe next; false when the graph is done at RISK, or nothing can be asked now. BLOCKED: a
// bit for each hop that must not be asked now.
bool mda_stop_choose(struct mda_graph *g, enum mda_mode mode, uint8_t last, double risk,
		     uint64_t blocked, struct mda_choice *out);

// Whether a router of a wide hop has several next hops.
bool mda_stop_meshed(struct mda_graph *g, uint8_t hop);
