// SPDX-License-Identifier: Apache-2.0
//
// Runs a self-test (selftest.h) through a gateway's tunnel and looks at what the kernel would do
// with a packet of the phone. Each item becomes a step record.
#pragma once

#include "node/services.h"
#include "tunnel/tunnel.h"

struct selftest_io;

struct selftest_job {
	struct node *node;
	struct run_id run;
	uint8_t side;
	const char *tunnel, *inside; // interfaces: of the tunnel, of the phone
	struct addr own4, peer4;     // inner addresses
	struct addr own6, peer6;     // family 0: not carried
	struct addr phone;
	uint16_t mtu;
	int64_t handshake_ns;
	// Called once. WHY: the first item that failed with its numbers, or NULL.
	void (*end)(void *self, const char *why);
	void *self;
};

enum err selftest_io_open(const struct selftest_job *job, struct selftest_io **out,
			  struct fault *f) MUSTUSE;
void selftest_io_close(struct selftest_io **s);
