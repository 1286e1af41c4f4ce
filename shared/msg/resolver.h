// SPDX-License-Identifier: Apache-2.0
//
// What discovery found out about one address asked as a resolver (proto/resolver.proto), as a plain
// struct of borrowed arrays. It comes out of the discover room, goes into the spool, and comes out
// again at the collector; it knows neither.
#pragma once

#include "msg/trace.h"

#define RESOLVER_NAMES_MAX   8 // PTR names kept
#define RESOLVER_NAME_MAX    1024
#define RESOLVER_ADDRS_MAX   16 // addresses of each kind kept
#define RESOLVER_ROUNDS_MAX  1024
#define RESOLVER_PAYLOAD_MAX 4096
#define RESOLVER_RULE_MAX    63

enum resolver_role {
	RESOLVER_ROLE_UNKNOWN,
	RESOLVER_TEST,
	RESOLVER_CONTROL,
	RESOLVER_SPECIAL,
	RESOLVER_ROLE_COUNT,
};

enum resolver_state {
	RESOLVER_STATE_UNKNOWN,
	RESOLVER_USABLE,
	RESOLVER_WRONG,
	RESOLVER_SILENT,
	RESOLVER_REFUSED,
	RESOLVER_NOT_ASKED,
	RESOLVER_STATE_COUNT,
};

enum resolver_class {
	RESOLVER_CLASS_UNKNOWN,
	RESOLVER_RECURSIVE,
	RESOLVER_FORWARDER,
	RESOLVER_TRANSPARENT,
	RESOLVER_CLASS_COUNT,
};

enum resolver_nx {
	RESOLVER_NX_UNKNOWN,
	RESOLVER_NX_HONEST,
	RESOLVER_NX_REWRITTEN,
	RESOLVER_NX_FAILED,
	RESOLVER_NX_COUNT,
};

enum resolver_mark {
	RESOLVER_CONFIRMED = 1, // an address of the name is the resolver's
	RESOLVER_EMBEDDED = 2,  // the name spells its own address
	RESOLVER_LABELLED = 4,  // the first label is a name server's
	RESOLVER_DECIDED = 8,   // the infrastructure rule was decided by this name
};

enum resolver_round {
	ROUND_UNKNOWN,
	ROUND_RIGHT,
	ROUND_RCODE,
	ROUND_NO_ADDRESS,
	ROUND_OTHER_ADDRESS,
	ROUND_PRIVATE,
	ROUND_ZERO,
	ROUND_NO_ANSWER,
	ROUND_UNREACHABLE,
	ROUND_UNREADABLE,
	ROUND_COUNT,
};

struct resolver_record {
	struct run_id scan;
	struct addr addr;
	enum resolver_role role;
	enum resolver_state state;
	struct wall start, end;
	struct span payload;
	uint32_t rtt_us;
	uint8_t ttl;
	struct span answered_from; // packed, ADDR's family
	struct span names[RESOLVER_NAMES_MAX];
	uint8_t name_marks[RESOLVER_NAMES_MAX];
	size_t name_count;
	uint16_t ptr; // rcode + 1, or 0
	bool infrastructure;
	struct span infra_rule;
	enum resolver_class class;
	struct span egress4, egress6; // packed
	enum resolver_nx nxdomain;
	struct span nx_addrs; // packed IPv4
	const uint32_t *round_ms, *round_rtt_us;
	struct span round_outcome, round_rcode;
	size_t rounds;
};

const char *resolver_state_name(enum resolver_state s); // "usable"
const char *resolver_role_name(enum resolver_role r);   // "control"
const char *resolver_class_name(enum resolver_class c); // "forwarder"
const char *resolver_nx_name(enum resolver_nx n);       // "rewritten"
const char *resolver_round_name(enum resolver_round r); // "other_address"

// Counts, lengths and families: what a reader may rely on.
enum err resolver_check(const struct resolver_record *r) MUSTUSE;
