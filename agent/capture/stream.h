// SPDX-License-Identifier: Apache-2.0
//
// One direction of a TCP connection put in order, from a known sequence number on and for
// STREAM_CAP bytes: enough for a ClientHello or a DNS message. Segments may come twice, out of
// order or overlapping; the first copy of a byte counts. Bounded, no allocation.
#pragma once

#include "base/span.h"

#define STREAM_CAP   17408 // a ClientHello of one full record, and then some
#define STREAM_PARTS 8     // islands that wait for what lies before them

struct stream_part {
	uint32_t from, to; // offsets from base
};

struct stream {
	uint32_t base; // sequence number of bytes[0]
	uint32_t have; // bytes in order so far
	uint32_t parts;
	struct stream_part part[STREAM_PARTS]; // ordered, disjoint, all beyond `have`
	uint8_t bytes[STREAM_CAP];
};

void stream_init(struct stream *s, uint32_t base);

// What lies before base or past the cap is passed over. False when the segment could not be kept,
// for want of room: the stream will never be whole.
bool stream_put(struct stream *s, uint32_t seq, struct span data);

// The bytes in order so far.
struct span stream_span(const struct stream *s);

// Forgets the first LEN of them.
void stream_skip(struct stream *s, uint32_t len);
