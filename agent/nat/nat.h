// SPDX-License-Identifier: Apache-2.0
//
// How the connections of one phone were translated on their way out of a vantage node. Twice: in
// the tunnel's namespace (the phone's address becomes the cable's) and at the node (the cable's
// becomes the node's). What enters are connection-tracking events of both places, in any order
// between the two; what leaves are mappings, each from what the phone sent to what left by the
// uplink. Pure: knows no netlink, no clock; allocates only when made.
#pragma once

#include "base/time.h"
#include "nat/event.h"

#define NAT_MAPPINGS 16384 // connections of one phone in one run; later ones are counted as lost

enum nat_place {
	NAT_SPACE, // behind the tunnel
	NAT_NODE,  // at the uplink
};

struct nat_mapping {
	struct nat_tuple inner; // as the phone sent it
	struct nat_tuple outer; // as it left
	struct wall at;
};

struct nat;

// SPACE4 and SPACE6: the cable's end in the namespace, which all of this phone's connections leave
// from. NULL without memory.
struct nat *nat_new(struct addr space4, struct addr space6, const uint64_t seed[2]);
void nat_free(struct nat **n);

void nat_hear(struct nat *n, enum nat_place place, const struct nat_event *e, struct wall at);

// Mappings in the order they were completed, each told once.
bool nat_next(struct nat *n, struct nat_mapping *out);

// How many mappings this connection of the phone had so far; 0: none. OUT[i] the I newest of them,
// newest first, at most MAX. An ICMP flow has no ports here: all its echoes count.
size_t nat_find(const struct nat *n, const struct nat_tuple *inner, struct nat_mapping *out,
		size_t max);

// Whether a packet at the uplink, of either direction, is of a connection of this phone.
bool nat_ours(const struct nat *n, const struct nat_tuple *packet);

uint64_t nat_lost(const struct nat *n); // for want of room
