// SPDX-License-Identifier: Apache-2.0
//
// Addresses, routes and policy rules as lines for `ip -batch`: what a tunnel adds, and what takes
// it away again. (Lines that only matter while the interface is there are not undone: they go
// with it.)
#pragma once

#include "tunnel/tunnel.h"

#define ROUTE_TEXT     4096
#define ROUTE_PRIORITY 5700 // of the policy rules; the main table is asked at 32766

// A vantage node's lines are for the tunnel's space, its undo lines for the node.
// FAMILY: 4 or 6, for `ip` does not tell a policy rule's family by its address. The lines of 4 come
// first: they bring the interface up.
void route_write(struct wr *w, const struct tunnel_config *c, uint8_t family);
void route_undo_write(struct wr *w, const struct tunnel_config *c, uint8_t family);
