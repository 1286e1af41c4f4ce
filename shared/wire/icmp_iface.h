// SPDX-License-Identifier: Apache-2.0
//
// The interface information that a router may put behind its ICMP error (RFC 5837): which interface
// the packet came in by, or would have left by. From an extension object's C-type and data to
// values.
#pragma once

#include "base/addr.h"
#include "base/err.h"
#include "base/span.h"

#define ICMP_IFACE_CLASS 2
#define ICMP_IFACE_NAME  64 // bytes of a name's part, its length byte among them

enum icmp_iface_role {
	ICMP_IFACE_INCOMING,
	ICMP_IFACE_SUB_IP, // of the incoming interface
	ICMP_IFACE_OUTGOING,
	ICMP_IFACE_NEXT_HOP,
};

struct icmp_iface {
	enum icmp_iface_role role;
	bool has_index, has_mtu;
	uint32_t index, mtu;
	struct addr addr; // family 0: not told
	struct span name; // borrowed; empty: not told
};

// ERR_SHORT: it ends within a part that its type says is there. ERR_FORMAT: no such address family,
// or a name that is longer than its room.
enum err icmp_iface_read(uint8_t kind, struct span data, struct icmp_iface *out) MUSTUSE;

const char *icmp_iface_role_name(enum icmp_iface_role r);
