// SPDX-License-Identifier: Apache-2.0
//
// The visit of a DnsScan order: every resolver asked for every name, each pair a record of the
// scan. It goes on where it was when the agent was stopped or killed meanwhile (scan_keep.h).
#pragma once

#include "node/services.h"

struct scan_dns;

enum err scan_dns_open(struct node *n, const struct order *o, visit_end_fn *end,
		       struct scan_dns **out, struct fault *f) MUSTUSE;
void scan_dns_close(struct scan_dns **s); // it may be opened again, and goes on
// Nothing more is asked; it ends, and what was not asked is told as such.
void scan_dns_stop(struct scan_dns *s);
