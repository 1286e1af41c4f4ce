// SPDX-License-Identifier: Apache-2.0
//
// The paths of one run as lists of hops, put together from the rows of the statements path_traces
// and path_hops. It does not print (route_print) and does not choose the run (path.c). Texts are
// borrowed from the rows.
#pragma once

#include "pg/pg.h"

#define ROUTE_HOPS 600 // two legs of 256 TTLs, and what joins them

struct route_hop {
	int side;                                   // 1: traced from a; 2: from b
	int ttl;                                    // 0: not probed, known to be there
	struct addr addr;                           // family 0: nobody answered
	const char *name, *asn, *as_name, *country; // NULL: not known
	double confidence;                          // of the country; NAN: not known
	double rtt_ms;                              // NAN: not known
};

struct route {
	size_t count;
	struct route_hop hop[ROUTE_HOPS];
};

struct routes {
	const char *a, *b, *a_country, *b_country, *app, *run, *started;
	const char *app_countries, *network_countries; // parted by blanks; NULL: none
	int side_a, side_b;                            // which sides of the run a and b are
	struct addr server_a, server_b;                // family 0: none found
	bool one_side;           // the application path was measured from one side only
	struct pg_rows *groups;  // title, on the app's path, on the direct path
	struct pg_rows *quality; // path, traces, silent, unplaced, not reached, whole
	struct route application, direct_ab, direct_ba;
};

// Fills the three routes. Sides must be set.
void route_join(struct routes *r, struct pg_rows *traces, const struct pg_rows *hops);
