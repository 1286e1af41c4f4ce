// SPDX-License-Identifier: Apache-2.0
//
// The visit of a Discover order: resolvers found in prefixes and among addresses, each a record of
// the scan. Who keeps silent in a sweep is counted, not told one by one. It goes on where it was
// when the agent was stopped or killed meanwhile: the sweep from the first address not done with.
#pragma once

#include "node/services.h"

struct scan_discover;

enum err scan_discover_open(struct node *n, const struct order *o, visit_end_fn *end,
			    struct scan_discover **out, struct fault *f) MUSTUSE;
void scan_discover_close(struct scan_discover **s); // who was being asked is asked when it goes on
// Nothing more is asked; it ends, and what was not asked is told as such.
void scan_discover_stop(struct scan_discover *s);
