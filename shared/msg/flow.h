// SPDX-License-Identifier: Apache-2.0
//
// One finished flow of a capture (proto/capture.proto). Names are borrowed.
#pragma once

#include "msg/trace.h"

enum name_how {
	NAME_UNKNOWN,
	NAME_DNS,
	NAME_SNI,
	NAME_QUIC,
	NAME_HTTP,
	NAME_CERT,
	NAME_HTTPDNS,
	NAME_HOW_COUNT,
};

const char *name_how_name(enum name_how h); // "dns"

#define FLOW_NAMES_MAX  8  // names kept for one flow
#define FLOW_BURSTS_MAX 64 // bursts kept for one flow; later ones add to the last

struct flow_name {
	struct span name;
	enum name_how how;
};

struct flow_burst {
	int64_t after_ns; // after the flow's first packet
	uint32_t bytes;   // payload, both directions
};

struct flow_record {
	struct run_id run;
	uint8_t side;
	struct wall first, last;
	uint8_t proto;
	struct addr a, b;
	uint16_t aport, bport;
	uint64_t pkts_ab, bytes_ab, pkts_ba, bytes_ba;
	struct flow_name names[FLOW_NAMES_MAX];
	size_t name_count;
	struct flow_burst bursts[FLOW_BURSTS_MAX];
	size_t burst_count;
	struct span app; // label, or empty
	uint32_t kernel_drops;
};
