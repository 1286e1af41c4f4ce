// SPDX-License-Identifier: Apache-2.0
//
// TCP header (RFC 9293): read from borrowed bytes, options walked one by one, written with its
// checksum. Knows no connection.
#pragma once

#include "base/addr.h"
#include "base/rd.h"
#include "base/wr.h"

#define TCP_HEAD 20 // without options

enum tcp_flag {
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_PSH = 0x08,
	TCP_ACK = 0x10,
	TCP_URG = 0x20,
	TCP_ECE = 0x40,
	TCP_CWR = 0x80,
};

struct tcp_head {
	uint16_t sport, dport;
	uint32_t seq, ack;
	uint16_t flags; // TCP_*, 9 bits
	uint16_t window;
	uint16_t checksum;
	uint16_t urgent;
	struct span options; // multiple of 4 bytes
	struct span payload; // what is there of it
};

// ERR_SHORT with ports (4 bytes there) and seq (8 bytes there) set: enough for a quoted header.
enum err tcp_read(struct span in, struct tcp_head *out) MUSTUSE;

enum tcp_option_kind {
	TCP_OPT_MSS = 2,
	TCP_OPT_WSCALE = 3,
	TCP_OPT_SACK_OK = 4,
	TCP_OPT_SACK = 5,
	TCP_OPT_TIMESTAMP = 8,
	TCP_OPT_FAST_OPEN = 34,
};

struct tcp_option {
	uint8_t kind;
	struct span data; // without kind and length
};

// Walks rd_of(head.options); NOPs are passed over. False at the end or at a broken option, which
// r->err tells apart.
bool tcp_option_next(struct rd *r, struct tcp_option *out);

// Header, options (padded to a multiple of 4 by the caller: ERR_RANGE otherwise), payload and
// checksum; checksum of H is not looked at.
enum err tcp_write(struct wr *w, const struct addr *src, const struct addr *dst,
		   const struct tcp_head *h) MUSTUSE;
