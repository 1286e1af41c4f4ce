// SPDX-License-Identifier: Apache-2.0
//
// UDP header (RFC 768): read from borrowed bytes, written with its checksum.
#pragma once

#include "base/addr.h"
#include "base/span.h"
#include "base/wr.h"

#define UDP_HEAD 8

struct udp_head {
	uint16_t sport, dport;
	uint16_t len; // as stated, header included
	uint16_t checksum;
	struct span payload; // what is there of it, never past len
};

// ERR_SHORT with both ports set when at least 4 bytes are there.
enum err udp_read(struct span in, struct udp_head *out) MUSTUSE;

// Header, payload and checksum; len and checksum of H are not looked at.
enum err udp_write(struct wr *w, const struct addr *src, const struct addr *dst,
		   const struct udp_head *h) MUSTUSE;
