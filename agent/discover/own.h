// SPDX-License-Identifier: Apache-2.0
//
// The inside of the discovery engine, shared by its files only.
//
// Message ids: on each source port the 65,536 ids are cut into blocks of 16, one for each question
// that may be under way there; the low four bits count how often the block was used. A mask of the
// port's own lies over all of it.
#pragma once

#include "base/heap.h"
#include "discover/candidate.h"

#define DISCOVER_OF_CANDIDATE (1ULL << 63)

enum slot_state { SLOT_FREE, SLOT_QUEUED, SLOT_HELD, SLOT_OUT };

// A question on its way. Its place tells its source port and, with its turn, its message id.
struct slot {
	struct addr to;
	uint32_t candidate; // number + 1; 0: the sweep's question for the control name
	uint32_t turn;
	uint64_t place; // of the sweep's question: number of the address
	struct mono sent, first_sent;
	uint8_t state, tries;
	bool unreachable;
	uint16_t type;
	struct dns_wire_name name; // len 0: the control name
};

struct discover {
	struct discover_config c;
	const struct space *space;
	struct slot *slots;
	struct candidate **candidates;
	uint32_t *free_slots, *free_candidates, *queue, *done;
	size_t slot_count, free_slot_count, free_candidate_count;
	size_t queue_at, queue_count, done_at, done_count;
	size_t sweep_out, helper_out;
	struct heap timers;
	struct mono all_until;
	uint16_t masks[DISCOVER_PORTS_MAX];
	uint64_t salt;
	struct discover_counts counts;
	struct candidate *given; // its record is being looked at
	struct candidate_room room;
	struct resolver_record record;
	uint8_t message[DNS_QUERY_MAX];
};

void discover_push(struct discover *d, uint32_t slot);
bool discover_of_helper(const struct discover *d, const struct slot *s); // goes to the helper
void discover_drop_slot(struct discover *d, uint32_t i);
// Sends a candidate's next question on its way, or ends it.
void discover_go_on(struct discover *d, uint32_t number, struct mono now);
struct candidate *discover_new_candidate(struct discover *d, struct addr a, enum resolver_role role,
					 struct mono now, struct wall wall, uint32_t *number);
