// SPDX-License-Identifier: Apache-2.0
//
// The cable between a vantage node and the namespace one of its tunnels is in. The tunnel's
// interface, its routes and its first NAT are in a namespace of their own, so phones with equal
// addresses do not meet, and everything goes when the namespace goes.
//
//     wmv… ┤space├ node0 ══ cable ══ wmh… ┤node├ outside
//          phone's addresses │ SPACE's address │ the node's
//
// What enters: a tunnel's configuration. What leaves: names, addresses, and text for `ip -batch`
// and nftables. The outer UDP packets take the same cable: the node sends its port on to the space.
#pragma once

#include "tunnel/tunnel.h"

#define CABLE_INSIDE "node0" // the name of the end in the space
#define CABLE_TEXT   4096

struct cable {
	char name[TUNNEL_NAME];    // the node's end
	struct addr node4, space4; // the first and last of the tunnel's inner block of four
	struct addr node6, space6; // family 0: that family is not carried
};

void cable_of(const struct tunnel_config *c, struct cable *out);

// `ip` lines at the node (SPACE: a path that opens the namespace), in the space, and the one that
// takes the cable away.
void cable_node_write(struct wr *w, const struct cable *k, const char *space);
void cable_space_write(struct wr *w, const struct cable *k);
void cable_undo_write(struct wr *w, const struct cable *k);

// The node's own table: the outer packets in, the phone's out, nothing else. PORT: the UDP port.
void cable_rules_write(struct wr *w, const struct tunnel_config *c, const struct cable *k,
		       uint16_t port);
