// SPDX-License-Identifier: Apache-2.0
//
// The inside of the matrix, shared by its files only.
#pragma once

#include "base/heap.h"
#include "dns/matrix.h"

#define NOBODY UINT32_MAX

enum place {
	PLACE_QUEUE,  // in the queue of those whose turn comes
	PLACE_HEAP,   // waiting for its time
	PLACE_BUSY,   // as many of its pairs ask as may
	PLACE_NOTHING // no pairs left
};

struct resolver {
	int64_t until;  // left alone before this
	uint32_t taken; // of its pairs, in its own order; when spread, of all
	uint32_t link;  // the next in the queue
	uint16_t asking, useless;
	uint8_t returns, place, fate;
	bool refusing; // the last of the useless pairs was refused
};

struct dns_matrix {
	struct dns_matrix_config c;
	uint64_t pairs, done_count;
	struct resolver *resolvers;
	uint32_t first, last; // of the queue
	uint32_t given;       // when spread: how many have gone to some resolver
	uint32_t alive;       // resolvers that are asked
	struct heap waiting;
	uint8_t *done;                            // a bit per pair
	uint32_t (*by_resolver)[DNS_STATE_COUNT]; // how its pairs ended
	uint32_t (*by_domain)[DNS_STATE_COUNT];   // NULL when spread
};
