// SPDX-License-Identifier: Apache-2.0
//
// The options of `waymark dns`, and the scan they describe.
#pragma once

#include "cli/options.h"
#include "dns/scan_io.h"
#include "local/manners.h"

struct dns_settings {
	char resolvers[1024], domains[1024], pairs[1024], types[256], profile[16], control[1100],
		transport[8];
	char output[1024], checkpoint[1024], metadata[1024], status_file[1024];
	char tls_name[256], path[256];
	struct manners_settings manners;
	struct prefix subnet;
	int64_t timeout, stream_timeout, listen;
	uint64_t tries, repetitions, outstanding, ports, sport, parallel, give_up, seed, port;
	uint64_t hops, attempts, size;
	bool matrix, spread, json, quiet, dry_run, plain_sockets, no_fallback, no_recurse;
	bool no_edns, dnssec, nsid, mixed, no_check, nobody, trace, again;
};

extern const struct conf_option dns_options[];
extern const struct cli_usage dns_usage;

// What the settings say of a scan; lists, pace and seed are the caller's. SANDWICH: no profile was
// named and resolvers × domains came from lists.
enum err dns_settings_scan(const struct dns_settings *s, enum dns_transport transport,
			   bool sandwich, struct dns_scan_io_config *out, struct fault *f) MUSTUSE;
