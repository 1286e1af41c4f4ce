// SPDX-License-Identifier: Apache-2.0
//
// Which address the kernel would send from, by asking it.
#pragma once

#include "base/addr.h"

struct trace_source {
	int fds[2]; // IPv4, IPv6; opened when first asked
};

#define TRACE_SOURCE_NONE ((struct trace_source){ { -1, -1 } })

void trace_source_wipe(struct trace_source *s);

// Unspecified when there is no route.
struct addr trace_source_find(struct trace_source *s, struct addr dst);

// MTU of the way to the address found last, as the kernel knows it; 0: not known.
uint16_t trace_source_mtu(const struct trace_source *s, uint8_t family);
