// SPDX-License-Identifier: Apache-2.0
//
// The visit of a Fetch order: what addresses serve for domains, each page a record of the scan. It
// goes on where it was when the agent was stopped or killed meanwhile (scan_told_io.h).
#pragma once

#include "node/services.h"

struct scan_fetch;

enum err scan_fetch_open(struct node *n, const struct order *o, visit_end_fn *end,
			 struct scan_fetch **out, struct fault *f) MUSTUSE;
void scan_fetch_close(struct scan_fetch **s); // pages not done are fetched when it goes on
// Nothing more is asked; it ends, and what was not asked is told as such.
void scan_fetch_stop(struct scan_fetch *s);
