// SPDX-License-Identifier: Apache-2.0
//
// What a person or a program wants to know of a scan while it runs and when it has ended: the
// progress line, the status file, the metadata document with its sums.
#pragma once

#include <stdio.h>

#include "dns/scan_io.h"
#include "local/dns_lists.h"

struct dns_status {
	const struct dns_settings *settings;
	FILE *file;
	bool line, tty, drawn;
	struct wall start;
	struct mono begun, last, said;
	struct dns_counts before;
	uint64_t done_before; // by whoever began the scan
};

enum err dns_status_open(struct dns_status *t, const struct dns_settings *s, uint64_t pairs,
			 uint64_t done_before, struct mono now, struct wall wall,
			 struct fault *f) MUSTUSE;
void dns_status_tick(struct dns_status *t, struct mono now, struct wall wall,
		     struct dns_scan_io *io);

struct dns_ending {
	char **argv;
	uint64_t seed[2];
	bool interrupted, resumed, raw;
	struct mono now;
	struct wall wall;
};
enum err dns_status_close(struct dns_status *t, struct dns_scan_io *io, const struct dns_lists *l,
			  const struct dns_ending *e, struct fault *f) MUSTUSE;
