// SPDX-License-Identifier: Apache-2.0
//
// Scans of open resolvers: `waymark scan …`. Orders are made here, signed, and filed for one node;
// what a node finds carries the scan's id.
#pragma once

#include "cli/central.h"
#include "cli/run.h"

struct scan_options {
	struct central central;
	char keys[CLUSTER_PATH_MAX];
	char scan[128], name[128], list[1024], resolvers[1024], domains[1024];
	char control[1024], whoami[1024], nothing[1024], types[256], profile[32], transport[16];
	struct conf_list right, subnets, clean;
	uint64_t rate, rounds, repetitions, body, size, hops, attempts, most;
	int64_t every, wait, listen, expires;
	bool reserved, infrastructure, nobody, mixed, dnssec, nsid, all;
};

// Where a scan's orders go: an open transaction on the database, the node, the scan.
struct scan_job {
	struct pg *pg;
	const struct seal_secret *key;
	int64_t node;
	const char *node_name;
	uint8_t scan[16];
	size_t orders, clean_orders; // filed, and those for other, clean nodes
};

#define PACKED_MAX (200 * 1024) // bytes of lists in one order: ORDER_SIZE_MAX holds

// The one order that is being made, with what all orders of a scan share.
struct order *scan_begin(const struct scan_job *j, const struct scan_options *o, enum order_kind k);
// It, signed.
enum err scan_file(struct scan_job *j, struct fault *f) MUSTUSE;
// It as often as it takes, for all DOMAINS (one a line) and RESOLVERS.
enum err scan_file_matrix(struct scan_job *j, struct span domains, const struct addr *resolvers,
			  size_t count, struct fault *f) MUSTUSE;

enum err scan_file_discover(struct scan_job *j, const struct scan_options *o, char *const *words,
			    size_t count, struct fault *f) MUSTUSE;
enum err scan_file_dns(struct scan_job *j, const struct scan_options *o, struct fault *f) MUSTUSE;
enum err scan_file_fetch(struct scan_job *j, const struct scan_options *o, struct fault *f) MUSTUSE;
// D asks for signatures, and for more than keys.
bool scan_wants_keys(const struct scan_options *o, const struct dns_order *d);
// What it takes to verify signatures at NAMES, one a line; NULL: at all that was asked and is not
// asked for yet.
enum err scan_file_keys(struct scan_job *j, const struct scan_options *o, const char *names,
			struct fault *f) MUSTUSE;
enum err scan_file_path(struct scan_job *j, const struct scan_options *o, struct fault *f) MUSTUSE;

int scan_show(int argc, char **argv);
