// SPDX-License-Identifier: Apache-2.0
//
// What is true of a world's resolvers, domains and the pairs of both, as CSV: what a measurement
// is held against. Reads nothing but the world.
#pragma once

#include <stdio.h>

#include "lab/world.h"

// address,name,does,country,asn,egress,ptr,confirmed,rate,lie,list,software
enum err truth_resolvers(const struct world *w, FILE *to, struct fault *f) MUSTUSE;

// domain,kind,tls,signed,lists,v4,v6
enum err truth_domains(const struct world *w, FILE *to, struct fault *f) MUSTUSE;

// resolver,domain,type,does,truth,kind,injected,paths: for questions that leave host FROM. `truth`
// is honest, nobody, or the lie; `injected` is first, second or nothing, over `paths` (all, some).
enum err truth_pairs(const struct world *w, const struct world_host *from, uint16_t type, FILE *to,
		     struct fault *f) MUSTUSE;
