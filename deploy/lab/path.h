// SPDX-License-Identifier: Apache-2.0
//
// The truth about a path: what a faultless traceroute from host A to host B would list. In go a
// world and its routes; out come hops. The same list holds for IPv4 and IPv6.
#pragma once

#include "lab/route.h"

#define PATH_HOPS_MAX (ROUTE_HOPS_MAX + 3) // two gateways and the destination

struct path_hop {
	const char *name, *country, *city, *as_name;
	struct addr v4, v6; // what it answers from
	uint32_t asn;
	double lat, lon;
	int64_t delay; // ns, one way from A
	bool silent;   // it does not answer
};

struct path {
	struct path_hop hops[PATH_HOPS_MAX]; // hops[0] has TTL 1; the last is the destination
	int count;
};

// The path over the routers of OVER, which leads from A's router to B's.
void path_list(const struct world *w, const struct world_host *a, const struct world_host *b,
	       const struct route_path *over, struct path *out);
