// SPDX-License-Identifier: Apache-2.0
//
// Real name servers of a world with domains: the zones and the configuration of its authority
// (knot), and the configurations of resolvers that ask it (unbound, knot-resolver) or ask another
// resolver (dnsmasq). In goes a world; out comes text.
//
// The authority holds the root: every site, and the names of all hosts and resolvers, forth and
// back. Signed domains are zones of their own. Domains on a pool, and whoami, are delegated to the
// crowd with does=authority, which answers by who asks.
#pragma once

#include "base/wr.h"
#include "lab/world.h"

#define SERVERS_CONF_MAX (4 * 1024 * 1024)

struct servers_place {
	const char *folder;  // of this host's files
	const char *anchors; // DS records of the signed domains
};

void servers_root_zone(struct wr *out, const struct world *w);
void servers_signed_zone(struct wr *out, const struct world *w, const struct world_domain *d);
void servers_knot_conf(struct wr *out, const struct world *w, const struct world_host *h,
		       const char *folder);

// By H's software=: unbound, knot-resolver or dnsmasq. ERR_USAGE: another word.
enum err servers_resolver_conf(struct wr *out, const struct world *w, const struct world_host *h,
			       struct servers_place at, struct fault *f) MUSTUSE;

// NULL when the world has none.
const struct world_host *servers_authority(const struct world *w);
