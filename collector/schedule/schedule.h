// SPDX-License-Identifier: Apache-2.0
//
// The orders waiting for agents: what enters is the registry's list, what leaves is, for one node,
// the orders past a serial that have not expired. Orders are opaque signed bytes here: the
// collector relays them and cannot make them. Pure.
#pragma once

#include "base/err.h"
#include "base/span.h"
#include "base/time.h"

#define SCHEDULE_MAX 20000 // orders waiting at once

struct schedule_order {
	int32_t node;
	uint64_t serial;
	struct wall expires;
	struct span signed_order; // borrowed from the schedule
};

struct schedule;

struct schedule *schedule_new(void);
void schedule_free(struct schedule **s);
// Copies the bytes.
enum err schedule_put(struct schedule *s, const struct schedule_order *o) MUSTUSE;
size_t schedule_count(const struct schedule *s);

// Orders in the order they were put; start with *AT = 0. NODE 0: of every node. False at the end.
bool schedule_each(const struct schedule *s, size_t *at, int32_t node, struct wall now,
		   struct schedule_order *out);
