// SPDX-License-Identifier: Apache-2.0
//
// Addresses that were asked for, so that each is asked for once in a while, however long a node
// lives: when there is no more room, those put longest ago are forgotten, half of all at a time.
// Pure; allocates when made and as it grows.
#pragma once

#include <stddef.h>

#include "base/addr.h"

struct asked;

// MOST: addresses remembered, at least half as many of the newest. NULL without memory.
struct asked *asked_new(size_t most, const uint64_t seed[2]);
void asked_free(struct asked **a);

// True when ADDR was not among them; it is then.
bool asked_put(struct asked *a, struct addr addr);

void asked_take(struct asked *a, struct addr addr); // as if it had not been put
