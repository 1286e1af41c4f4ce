// SPDX-License-Identifier: Apache-2.0
//
// The roll of who may speak: the public keys of the admitted nodes as one read of the registry,
// found by CURVE key (at a handshake), by key id (at every batch) and by node (signatures made
// before a rotation). Pure; a new read of the registry is a new table.
#pragma once

#include "base/err.h"
#include "base/span.h"
#include "base/time.h"
#include "msg/trace.h"

#define ROLL_MAX 65536

struct roll_key {
	int32_t id, node; // registry.node_key.id, registry.node.id; ids begin at 1
	char name[NODE_NAME_MAX + 1];
	bool revoked;         // the node is
	struct wall from, to; // to: 0 when still good
	uint8_t curve[32], sign[32];
};

struct roll;

struct roll *roll_new(void);
void roll_free(struct roll **k);
enum err roll_put(struct roll *k, const struct roll_key *e) MUSTUSE;
size_t roll_count(const struct roll *k);

const struct roll_key *roll_find(const struct roll *k, int32_t id);
const struct roll_key *roll_find_curve(const struct roll *k, const uint8_t curve[static 32]);
// The node's keys one after the other: start with NULL.
const struct roll_key *roll_each_of(const struct roll *k, int32_t node,
				    const struct roll_key *after);

// May this key open a session, or go on with one, now?
bool roll_good(const struct roll_key *e, struct wall now);
