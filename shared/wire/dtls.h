// SPDX-License-Identifier: Apache-2.0
//
// Handshake messages in DTLS datagrams (RFC 6347, RFC 9147), as far as they go in clear: pieces
// that may come out of order. What leaves borrows from what entered; keeps nothing between calls.
#pragma once

#include "base/rd.h"

struct dtls_walk {
	struct rd datagram, record;
};

struct dtls_piece {
	uint8_t type;    // of the message, as in wire/tls.h
	uint16_t number; // of the message
	uint32_t total;  // length of its body
	uint32_t from;   // where DATA lies in it
	struct span data;
};

// Whether this datagram may begin with a handshake record in clear.
bool dtls_begins(struct span datagram);

struct dtls_walk dtls_walk(struct span datagram);

// False at the end, at a record that is hidden, or when broken.
bool dtls_piece_next(struct dtls_walk *w, struct dtls_piece *out);
