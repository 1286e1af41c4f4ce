// SPDX-License-Identifier: Apache-2.0
//
// The manners of one scan on this node: its share of the node's rate, the rates to one address and
// one network, the node's deny list and the opt-out file, which may grow meanwhile.
#pragma once

#include "node/services.h"
#include "pace/deny_io.h"

struct scan_manners {
	struct node *node;
	struct pace *pace;
	struct deny_file file;
	uint64_t rate; // taken of the node's
};

// ERR_AGAIN: other scans use all of the node's rate. RESERVED: reserved addresses may be asked.
enum err scan_manners_open(struct node *n, const struct order *o, bool reserved,
			   struct scan_manners *out, struct fault *f) MUSTUSE;
void scan_manners_close(struct scan_manners *m);
