// SPDX-License-Identifier: Apache-2.0
//
// Shortest paths between the routers of a world, by metric, all equal ones kept. In goes a world;
// out come next hops and whole paths. Computed once; asks no clock and no packet.
#pragma once

#include "lab/world.h"

#define ROUTE_EQUAL_MAX 16 // next hops of equal cost; more are left unused, as in real routers
#define ROUTE_HOPS_MAX  WORLD_ROUTERS_MAX
#define ROUTE_PATHS_MAX 64 // alternatives between two routers that are listed

struct route;

struct route_hop {
	int link, router;
};

struct route_path {
	int routers[ROUTE_HOPS_MAX]; // both ends included
	int links[ROUTE_HOPS_MAX];   // links[i] leads to routers[i]; links[0] is unused
	int count;
};

// NULL without memory. W is borrowed for the life of the routes.
struct route *route_new(const struct world *w);
void route_free(struct route **r);

// Equal-cost next hops from router FROM towards router TO, in the order of the file.
int route_next(const struct route *r, int from, int to, struct route_hop out[ROUTE_EQUAL_MAX]);

// Every shortest path (parallel links count once), at most MAX; returns how many were written.
int route_paths(const struct route *r, int from, int to, struct route_path *out, int max);

// One way over the links of P up to and including router number LAST, in ns.
int64_t route_delay(const struct world *w, const struct route_path *p, int last);
