// SPDX-License-Identifier: Apache-2.0
//
// DNS paths at work on an event loop: the same ports and ring as a scan.
#pragma once

#include "dns/path.h"
#include "sys/loop.h"

struct dns_path_io;

struct dns_path_io_config {
	struct dns_path_config paths;                         // clocks are filled in
	void (*record)(void *self, const struct dns_want *w); // both as in scan_io.h
	void (*ended)(void *self);
	void *self;
};

enum err dns_path_io_open(struct loop *l, const struct dns_path_io_config *c,
			  struct dns_path_io **out, struct fault *f) MUSTUSE;
void dns_path_io_close(struct dns_path_io **io);
void dns_path_io_stop(struct dns_path_io *io); // no more questions; what is under way is told
