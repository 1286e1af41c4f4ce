// SPDX-License-Identifier: Apache-2.0
//
// Whether a packet answers a given trace, and which of its probes. Inside the trace room only.
//
// A probe carries its serial number in several fields. One of them may have been rewritten on the
// way (a NAT changes ports and checksums, some boxes change IDs and sequence numbers): at least 32
// bits of random fields must agree, and what differs leaves a mark. Fields that contradict one
// another make it somebody else's packet.
#pragma once

#include "trace/path.h"

// False when it does not. *MARK is 0 or TRACE_REWRITTEN.
bool trace_match(const struct trace_path *p, const struct trace_reply *r, uint16_t *serial,
		 uint8_t *mark);
