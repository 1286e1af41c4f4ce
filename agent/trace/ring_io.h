// SPDX-License-Identifier: Apache-2.0
//
// A packet socket's receive ring: the kernel writes packets into memory that both see and hands
// them over by the block, so that no packet costs a call or a wake-up. Where a ring is not to be
// had the same packets are read by the batch. In: a socket of filter_io.h; out: packets from their
// IP header on, with the kernel's receive time. Knows nothing of traces.
#pragma once

#include "base/err.h"
#include "base/span.h"
#include "base/time.h"

struct trace_ring;

typedef void trace_ring_fn(void *self, struct span packet, struct mono rx);

// FD is borrowed. SIZE: bytes of the ring.
enum err trace_ring_open(int fd, size_t size, struct trace_ring **out, struct fault *f) MUSTUSE;
void trace_ring_close(struct trace_ring **r);

// Hands over what there is, at most LIMIT blocks of it. FN's spans are good until it is called with
// an empty one, at the end of each block.
void trace_ring_take(struct trace_ring *r, size_t limit, trace_ring_fn *fn, void *self);
