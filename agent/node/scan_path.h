// SPDX-License-Identifier: Apache-2.0
//
// The visit of a DnsPath order: for each wish control and test with rising IP TTL on one flow, a
// record of kind path. It goes on where it was when the agent was stopped or killed meanwhile
// (scan_told_io.h).
#pragma once

#include "node/services.h"

struct scan_path;

enum err scan_path_open(struct node *n, const struct order *o, visit_end_fn *end,
			struct scan_path **out, struct fault *f) MUSTUSE;
void scan_path_close(struct scan_path **s); // paths not done are traced when it goes on
// No path is begun any more; it ends with those it has.
void scan_path_stop(struct scan_path *s);
