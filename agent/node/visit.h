// SPDX-License-Identifier: Apache-2.0
//
// One order under way, whatever its kind: opens the work it asks for, stops it, closes it. It knows
// neither when its time has come nor what is filed of it.
#pragma once

#include "msg/link.h"
#include "node/services.h"

struct visit {
	const struct order *order; // NULL: free; plan owns it
	struct vantage *vantage;
	struct phone_run *phone;
	struct trace_list *list;
	struct scan_fetch *fetch;
	struct scan_discover *discover;
	struct scan_dns *dns;
	struct scan_path *path;
	bool waits; // for the disk
};

// Orders of scans go on after an end of the process; what they noted down is theirs.
bool visit_is_scan(const struct order *o);

// V->order says what. END is told of SELF, which visit_has finds.
enum err visit_open(struct visit *v, struct node *n, visit_end_fn *end, struct fault *f) MUSTUSE;
void visit_close(struct visit *v); // its work; the order stays
bool visit_has(const struct visit *v, const void *self);

// A scan asks nothing more, and ends when what it did not ask is told as such. False: no scan, or
// not open; closing it is all there is to do.
bool visit_stop(struct visit *v);

void visit_meet(struct visit *v, const struct link_meet *m); // passes on what is meant for it
