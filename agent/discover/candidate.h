// SPDX-License-Identifier: Apache-2.0
//
// One address that is being found out about: which question is next, and what its answer changes.
// Inside discover only.
#pragma once

#include "discover/discover.h"

#define CANDIDATE_NAMES   4
#define CANDIDATE_ADDRS   8
#define CANDIDATE_PAYLOAD 512

enum step {
	STEP_PROBE,   // the control name
	STEP_PTR,     // its reverse name, of the helper
	STEP_FORWARD, // the addresses of each reverse name, of the helper
	STEP_WHOAMI,
	STEP_NOTHING,
	STEP_ROUNDS,
	STEP_DONE,
};

struct candidate {
	struct addr addr;
	enum resolver_role role;
	uint64_t place; // number in the sweep that found it; UINT64_MAX: of a list
	struct wall start;
	struct mono begun;
	enum step step;
	unsigned name_at; // of STEP_FORWARD
	unsigned type_at; // of STEP_WHOAMI
	bool refused, asked;
	uint64_t salt;
	uint8_t payload[CANDIDATE_PAYLOAD];
	size_t payload_len;
	uint32_t rtt_us;
	uint8_t ttl;
	struct addr answered_from[CANDIDATE_ADDRS];
	size_t from_count;
	char names[CANDIDATE_NAMES][NAME_TEXT];
	uint8_t marks[CANDIDATE_NAMES];
	size_t name_count;
	uint16_t ptr;
	bool ptr_failed; // answered, but whether there is a name is open
	struct addr egress[CANDIDATE_ADDRS];
	size_t egress_count;
	enum resolver_nx nx;
	struct addr nx_addrs[CANDIDATE_ADDRS];
	size_t nx_count;
	unsigned rounds;
	uint32_t *round_ms, *round_rtt_us; // room for the configured rounds
	uint8_t *round_outcome, *round_rcode;
};

struct candidate *candidate_new(const struct discover_config *c, struct addr a,
				enum resolver_role role, struct mono now, struct wall wall,
				uint64_t salt);
void candidate_free(struct candidate **c);

struct candidate_question {
	struct addr to;
	struct dns_wire_name name;
	uint16_t type;
	struct mono at; // not before
};
// Passes over steps there is nothing to ask in. False: it is done.
bool candidate_ask(struct candidate *c, const struct discover_config *config,
		   struct candidate_question *out);

// The answer to its question, or none: MESSAGE is empty then, and UNREACHABLE tells why.
void candidate_hear(struct candidate *c, const struct discover_config *config, struct mono sent,
		    struct mono at, const struct discover_heard *h);
void candidate_silence(struct candidate *c, struct mono sent, bool unreachable);

// Where the arrays of a record lie while it is handed over.
struct candidate_room {
	uint8_t from[CANDIDATE_ADDRS * 16], egress4[CANDIDATE_ADDRS * 4];
	uint8_t egress6[CANDIDATE_ADDRS * 16], nx[CANDIDATE_ADDRS * 4];
};
struct resolver_record candidate_record(struct candidate *c, const struct discover_config *config,
					struct candidate_room *room);
