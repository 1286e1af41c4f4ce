// SPDX-License-Identifier: Apache-2.0
//
// One connection-tracking event as the kernel tells it over netlink (linux/netfilter/
// nfnetlink_conntrack.h). What enters is a message behind its netlink head; what leaves is who
// asked whom, and between whom the answers go: where the two differ, somebody translated. Pure.
#pragma once

#include "base/addr.h"
#include "base/err.h"
#include "base/span.h"

// Ports of an ICMP echo are its identifier, at both ends.
struct nat_tuple {
	uint8_t proto;
	struct addr a, b; // a sends
	uint16_t aport, bport;
};

struct nat_event {
	bool ended;                // else it began, or stands already
	struct nat_tuple asked;    // as the first packet came
	struct nat_tuple answered; // as its answers come
};

// TYPE: of the netlink head. ERR_MISSING: no event of a connection. ERR_SHORT, ERR_FORMAT: damaged.
enum err nat_event_read(uint16_t type, struct span message, struct nat_event *out) MUSTUSE;
