// SPDX-License-Identifier: Apache-2.0
//
// The doing half of tracing inside live flows: one packet socket on the uplink hears both ways,
// before netfilter, and sends the probes with the link header of the flow's own packets, so that
// neither routing, NAT nor connection tracking of this machine touches them. A table of nftables
// that is bound to this process keeps the routers' answers from the app.
#pragma once

#include "sys/loop.h"
#include "trace/inflow.h"

struct inflow_io;

typedef void inflow_io_done_fn(void *self, const struct inflow_result *r);

struct inflow_io_config {
	const char *interface; // the uplink; borrowed for the call
	struct inflow_config engine;
	inflow_io_done_fn *done;
	void *self;
};

// ERR_PERMIT without CAP_NET_RAW and CAP_NET_ADMIN; ERR_MISSING: no such interface.
enum err inflow_io_open(struct loop *l, const struct inflow_io_config *c, struct inflow_io **out,
			struct fault *f) MUSTUSE;
void inflow_io_close(struct inflow_io **io);

// As inflow_put; K's local address is not looked at.
enum err inflow_io_put(struct inflow_io *io, uint64_t tag, const struct inflow_key *k) MUSTUSE;

void inflow_io_stop(struct inflow_io *io); // ends every trace now; each is still handed over
size_t inflow_io_count(const struct inflow_io *io);
struct inflow_counts inflow_io_counts(const struct inflow_io *io);
uint64_t inflow_io_drops(struct inflow_io *io); // packets the kernel had no room for
