// SPDX-License-Identifier: Apache-2.0
//
// The manners of one scan on this node: its share of the node's rate, the rates to one address and
// one network, which it shares with all other scans of the node, the node's deny list and the
// opt-out file, which may grow meanwhile.
#pragma once

#include "node/services.h"
#include "pace/deny_io.h"

// What all scans of a node have together; the node has one.
struct scan_share {
	uint64_t rate, used; // packets a second
	struct pace *pace;   // of addresses and networks
};

enum err scan_share_open(struct scan_share *s, const struct node_config *c,
			 struct fault *f) MUSTUSE;
void scan_share_close(struct scan_share *s);

struct scan_manners {
	struct scan_share *share; // NULL: closed
	struct pace *pace;
	struct deny_file file;
	uint64_t rate; // taken of the node's
};

// ERR_AGAIN: other scans use all of the node's rate. RESERVED: reserved addresses may be asked.
enum err scan_manners_open(struct node *n, const struct order *o, bool reserved,
			   struct scan_manners *out, struct fault *f) MUSTUSE;
void scan_manners_close(struct scan_manners *m);
