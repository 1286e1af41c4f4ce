// SPDX-License-Identifier: Apache-2.0
//
// What `waymark` can measure on one machine with no collector.
#include <stddef.h>

#include "cli/verb.h"
#include "local/discover.h"
#include "local/dns.h"
#include "local/fetch.h"
#include "local/flows.h"
#include "local/trace.h"

const struct verb verbs_local[] = {
	{ "discover", discover_run, "resolvers that answer, and what they are" },
	{ "dns", dns_run, "every name at every resolver, with every packet that comes back" },
	{ "fetch", fetch_run, "what an address serves for a domain, over HTTP and HTTPS" },
	{ "flows", flows_run, "who spoke with whom, from a capture file or an interface" },
	{ "trace", trace_run, "the forward path to a target, hop by hop" },
	{ NULL, NULL, NULL },
};
