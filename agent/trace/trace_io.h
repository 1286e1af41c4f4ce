// SPDX-License-Identifier: Apache-2.0
//
// The doing half of tracing: one set of raw sockets and one receive path for all traces, driven by
// an event loop. In: targets; out: finished records, by a call. Answers are read from packet
// sockets, before NAT and connection tracking see them, with the kernel's receive time; what the
// kernel dropped is counted in the records. A SYN-ACK is answered by the kernel's own RST, which is
// good manners: no socket knows the port.
#pragma once

#include "sys/loop.h"
#include "trace/trace.h"

struct trace_io;

// R is borrowed for the call. May call trace_io_put, not trace_io_close.
typedef void trace_io_done_fn(void *self, const struct trace_record *r);

struct trace_io_config {
	size_t traces;        // most at one time
	uint16_t sport_first; // own range: outside ip_local_port_range, or reserved in
	uint16_t sport_count; // ip_local_reserved_ports
	size_t ring;          // bytes answers may wait in, per family that is traced
	int receive_buffer;   // the same where the kernel gives no ring
	uint64_t seed[2];     // what ports and identifying fields are made of; zero: random
	struct pace *pace;    // asked before every packet; borrowed
	bool share;           // traces learn from one another
	trace_io_done_fn *done;
	void *self;
};

#define TRACE_IO_DEFAULT                                                                           \
	{                                                                                          \
		.traces = 10000, .sport_first = 61000, .sport_count = 4096, .ring = 2 << 20,       \
		.receive_buffer = 8 << 20                                                          \
	}

// ERR_PERMIT without CAP_NET_RAW. Sockets belong to the network namespace of the calling thread.
enum err trace_io_open(struct loop *l, const struct trace_io_config *c, struct trace_io **out,
		       struct fault *f) MUSTUSE;
void trace_io_close(struct trace_io **io);

// Starts a trace: start, drops and, unless given, src are filled in here, src as the kernel would
// choose it. Errors as trace_put; a target without a route ends as TRACE_UNREACHABLE.
enum err trace_io_put(struct trace_io *io, const struct trace_target *t) MUSTUSE;

// Ends every trace now; each is still handed over.
void trace_io_stop(struct trace_io *io);

size_t trace_io_count(const struct trace_io *io);
struct trace_counts trace_io_counts(const struct trace_io *io);
uint64_t trace_io_drops(const struct trace_io *io); // packets the kernel had no room for
