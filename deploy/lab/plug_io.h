// SPDX-License-Identifier: Apache-2.0
//
// Plugs hosts in: the network inside each namespace. A host at a router gets a TAP `eth0` whose
// other end is the descriptor given back; a gateway with phones also a bridge `lan`; a phone a veth
// `eth0` whose other end is a port of that bridge. Nothing is made in the namespace of the caller.
#pragma once

#include "lab/edge.h"
#include "lab/world.h"

// Namespaces exist already. *TAP is -1 for a phone. Gateways come before their phones.
enum err plug_host(const char *lab, const struct world *w, int host, int *tap,
		   struct fault *f) MUSTUSE;

// The link between a host and its router.
struct edge plug_edge(const struct world *w, int host);
