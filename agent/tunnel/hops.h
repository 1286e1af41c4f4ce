// SPDX-License-Identifier: Apache-2.0
//
// nftables text that gives back the hops our own forwarding takes: a phone's traceroute begins at
// the vantage node's first router, and a server sees the TTL a program on the node would have sent.
// What enters: a tunnel's configuration. What leaves: two tables (ip and ip6), because a rule in an
// inet table would ask for the family each time.
#pragma once

#include "tunnel/cable.h"

// Nothing is raised above this. Neighbour discovery believes only 255, which nothing forwarded may
// have.
#define HOPS_MAX 254

// A gateway gives back its own hop; a vantage node's space gives the phone's packets its own and
// the node's, and what comes back its own. Only packets between the phone and the tunnel are
// touched, and those are forwarded nowhere else, so a packet cannot go round for ever.
void hops_write(struct wr *w, const struct tunnel_config *c);

// The node's own hop, for what comes back: it must be given before the node takes it, or what
// arrives with a TTL of 1, as it may at a program on the node, would end here.
void hops_node_write(struct wr *w, const struct tunnel_config *c, const struct cable *k);
