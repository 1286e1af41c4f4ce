// SPDX-License-Identifier: Apache-2.0
//
// What a resolver of the world answers: the configuration of a dnsmasq. A messenger's name leads to
// the server that serves the resolver's country; every router and host has a name for its address.
// Pure: it only writes text.
#pragma once

#include "base/wr.h"
#include "lab/world.h"

#define NAMES_CONF_MAX (512 * 1024)
#define NAMES_NAME_MAX 128 // of a router or host, with suffix

// Writes the configuration for RESOLVER.
void names_write(struct wr *w, const struct world *world, const struct world_host *resolver);

// "fra1.lab.example"
void names_host(const char *name, char out[static NAMES_NAME_MAX]);
