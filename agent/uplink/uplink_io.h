// SPDX-License-Identifier: Apache-2.0
//
// The doing half of the link: a ZeroMQ DEALER under CURVE in the agent's event loop. In: a spool
// that others fill; out: batches to the collector, acknowledgements to the spool, orders to a call.
#pragma once

#include "seal/seal.h"
#include "spool/spool.h"
#include "sys/loop.h"
#include "uplink/uplink.h"

struct uplink_io;

struct uplink_io_config {
	const char *endpoint;          // "tcp://198.18.0.1:5757"
	const char *node;              // name, borrowed
	const char *software;          // version, borrowed
	uint8_t server[SEAL_KEY_SIZE]; // the collector's CURVE public key
	const struct seal_secret *secret;
	struct spool *spool;
	// Signed bytes of an order, as they came.
	void (*order)(void *self, struct span signed_order);
	// The other end of a tunnel, or who says so, is seen there; borrowed.
	void (*meet)(void *self, const struct link_meet *meet);
	uint64_t (*serial)(void *self);           // highest order serial accepted, for HELLO
	struct clock_record (*clock)(void *self); // for HELLO
	void (*left)(void *self); // everything is acknowledged after uplink_io_drain
	void *self;
};

enum err uplink_io_open(struct loop *l, const struct uplink_io_config *c, struct uplink_io **out,
			struct fault *f) MUSTUSE;
void uplink_io_close(struct uplink_io **u);

void uplink_io_meet(struct uplink_io *u, const struct link_meet *meet);
void uplink_io_drain(struct uplink_io *u);
