// SPDX-License-Identifier: Apache-2.0
//
// QUIC long headers (RFC 9000, RFC 9369, the drafts from 22 on and what was deployed beside them):
// the packets of a datagram one by one, which salt and labels protect an Initial of each version,
// the CRYPTO frames of one whose protection was taken off, and a client's Initial as it stands
// before it is protected. What leaves borrows from what entered. Takes no protection off itself,
// puts none on, and keeps nothing between calls.
#pragma once

#include "base/rd.h"
#include "base/wr.h"

#define QUIC_CID       20 // longest connection identity of the versions known here
#define QUIC_SALT      20
#define QUIC_TAG       16 // bytes at the end of a protected packet
#define QUIC_VERSION_1 1

enum quic_type {
	QUIC_INITIAL,
	QUIC_ZERO_RTT,
	QUIC_HANDSHAKE,
	QUIC_RETRY,
};

// How the Initial packets of a version are protected (RFC 9001 5.2).
struct quic_cipher {
	uint8_t salt[QUIC_SALT];
	const char *prefix; // of the labels: "quic" or "quicv2"
};

// NULL: not known.
const struct quic_cipher *quic_cipher_find(uint32_t version);

struct quic_packet {
	uint32_t version;
	enum quic_type type;
	struct span dcid, scid;
	struct span token; // QUIC_INITIAL
	struct span bytes; // the whole packet, as long as its length field says
	size_t number_at;  // where in it the protected packet number begins
	const struct quic_cipher *cipher;
};

// Whether these first bytes of a datagram may be a long header of a known version.
bool quic_begins(struct span datagram);

// The next packet of rd_of(datagram). False at the end, at a short header, at a Retry (which has
// no length) or when broken.
bool quic_packet_next(struct rd *datagram, struct quic_packet *out);

struct quic_crypto {
	uint64_t offset;
	struct span data;
};

// The next CRYPTO frame among the frames of an Initial; the other kinds are passed over. False at
// the end, or at a frame that no Initial may carry.
bool quic_crypto_next(struct rd *frames, struct quic_crypto *out);

// A CRYPTO frame at the beginning of the stream (RFC 9000 19.6).
void quic_crypto_write(struct wr *w, struct span data);

// A client's Initial of version 1 of SIZE bytes, not yet protected: packet number 0 in one byte at
// *NUMBER_AT of what is written, no token, FRAMES, PADDING, and zeros where the tag goes.
enum err quic_initial_write(struct wr *w, struct span dcid, struct span scid, struct span frames,
			    size_t size, size_t *number_at) MUSTUSE;
