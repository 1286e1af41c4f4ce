// SPDX-License-Identifier: Apache-2.0
//
// A phone sends what its driver tells it to, from a socket of its own, and says whether an answer
// came: "udp ADDR PORT HEX" or "tcp ADDR PORT HEX". What is in the bytes it does not know.
#pragma once

#include "sys/loop.h"
#include "wire/phone_line.h"

#define REACH_MAX      8 // under way at once; more fail as `full`
#define REACH_PATIENCE (3 * NS_PER_S)

struct phone_reach;

typedef void phone_reach_fn(void *self, const struct phone_line *event);

enum err phone_reach_new(struct loop *l, phone_reach_fn *fn, void *self, struct phone_reach **out,
			 struct fault *f) MUSTUSE;
void phone_reach_free(struct phone_reach **r);

// `reached` or `failed` follows, perhaps at once.
void phone_reach_start(struct phone_reach *r, const struct phone_line *command);
