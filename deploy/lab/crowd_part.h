// SPDX-License-Identifier: Apache-2.0
//
// What the parts of crowd.c share: the names of hosts and resolvers, forth and back, and the signed
// answers learnt from their authority. Private to crowd*.c.
#pragma once

#include "lab/ask.h"
#include "lab/world.h"

#define CROWD_ANY 255

struct crowd_names;

struct crowd_names *crowd_names_new(const struct world *w);
void crowd_names_free(struct crowd_names **n);

// Records that answer A for names of hosts and resolvers, and for their addresses: how many were
// written, -1 when there is no such name.
int crowd_names_write(const struct crowd_names *n, const struct ask *a, uint32_t ttl,
		      struct wr *records);

// Signed answers are asked for from the authority once and handed on as they are.
struct crowd_signed;

struct crowd_signed *crowd_signed_new(const struct world *w);
void crowd_signed_free(struct crowd_signed **s);
bool crowd_signed_next(const struct crowd_signed *s, size_t *at, struct wr *question);
void crowd_signed_put(struct crowd_signed *s, struct span answer);

// How many records were written; 0 when that answer is not known.
int crowd_signed_write(const struct crowd_signed *s, const struct world_domain *d, uint16_t type,
		       struct wr *records);
