// SPDX-License-Identifier: Apache-2.0
//
// What answers tell besides who sent them and when, as entries of the kind that records have (see
// struct trace_extra): what routers on the way had made of the probe (the quote against what was
// sent), and the objects and options answers carry. In: what was sent, what was heard, a number for
// the entry; out: bytes. Nothing is kept of an answer that tells nothing. One place for paths,
// flows and graphs.
#pragma once

#include "trace/reply.h"
#include "trace/trace.h"

// The fields of a probe that a quote is held against.
struct trace_sent {
	const struct addr *src; // borrowed for the call
	uint16_t sport, dport, ip_id, check;
	uint8_t tos;
	bool has_dport, has_check; // ICMP has no port, TCP a checksum nobody chose
};

struct trace_extras {
	uint8_t *bytes; // owned
	uint16_t len, room;
};

void trace_extras_wipe(struct trace_extras *x);

// Entries of NUMBER for what R tells, of no kind that is in SKIP (a set of 1 << kind), as long as
// there are no more than MOST bytes. The kinds that were there to tell.
unsigned trace_extras_keep(struct trace_extras *x, size_t most, uint16_t number,
			   const struct trace_sent *sent, const struct trace_reply *r,
			   unsigned skip);
