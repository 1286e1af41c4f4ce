// SPDX-License-Identifier: Apache-2.0
//
// The agent's configuration: one row per option (config.c), read from a file and then from the
// command line. What a node permits is decided here and nowhere else.
#pragma once

#include "conf/conf.h"
#include "pace/pace.h"
#include "plan/plan.h"

#define NODE_PHONES 64   // phones behind one gateway
#define NODE_PATH   4096 // bytes of a path

struct node_phone {
	char name[64];
	char interface[16];
	char socket[108]; // control socket
	struct addr address4, address6;
};

struct node_config {
	char name[NODE_NAME_MAX + 1];
	char role[16];
	char data[NODE_PATH], keys[NODE_PATH];
	char collector[256], collector_key[NODE_PATH];
	char outside[16];
	struct addr resolver4, resolver6;
	struct addr reflector4, reflector6;
	uint64_t reflector_port;
	char whoami[256];
	bool isolate;
	struct conf_list operators, allow, deny, phones;
	uint64_t rate, rate_target, rate_net, rate_first;
	uint64_t max_targets, max_attempts;
	uint64_t scan_rate, scan_rate_target, scan_rate_net, max_scan;
	char deny_file[NODE_PATH], roots[NODE_PATH], contact[256];
	int64_t max_run;
	uint64_t spool_limit;
	uint64_t capture_snap, capture_ring, capture_limit;
	int64_t capture_keep; // 0: no files of captures
	bool capture_label;
	uint64_t sport_first, sport_count;
	char log[8];

	// Made from the above by node_config_check.
	struct node_phone phone_list[NODE_PHONES];
	size_t phone_count;
	struct plan_policy policy;
};

extern const struct conf_option node_options[];

// FILE may be NULL. Leaves the lists to be freed with node_config_wipe.
enum err node_config_load(const char *file, struct node_config *out, struct fault *f) MUSTUSE;

// Values that only make sense together; fills phone_list and policy. Reads the operators' public
// key files.
enum err node_config_check(struct node_config *c, struct fault *f) MUSTUSE;
void node_config_wipe(struct node_config *c);

const struct node_phone *node_phone_find(const struct node_config *c, struct span name);
