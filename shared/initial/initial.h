// SPDX-License-Identifier: Apache-2.0
//
// The protection of QUIC Initial packets (RFC 9001 5), which hides nothing from anybody: its keys
// come from the packet itself. A packet enters, its frames leave, or the other way round. Uses
// libcrypto, because libsodium has no AES-128-GCM; knows no connection. Allocates only when made.
#pragma once

#include "base/err.h"
#include "base/wr.h"
#include "wire/quic.h"

struct initial;

struct initial_key {
	uint8_t key[16], iv[12], hp[16];
};

struct initial *initial_new(void); // NULL without memory, or without the ciphers
void initial_free(struct initial **x);

// What protects the client's Initials when the first of them went to DCID.
enum err initial_key_client(struct initial *x, const struct quic_cipher *cipher, struct span dcid,
			    struct initial_key *out) MUSTUSE;

// Takes the protection off a packet of quic_packet_next. ERR_AUTH: it was not protected with this
// key. ERR_FULL: W has not P.bytes.len of room. The frames are then wr_span of W.
enum err initial_open(struct initial *x, const struct initial_key *key, const struct quic_packet *p,
		      struct wr *w) MUSTUSE;

// Puts the protection on a packet that stands plain in all of W, its packet number at NUMBER_AT and
// QUIC_TAG bytes kept free at the end.
enum err initial_seal(struct initial *x, const struct initial_key *key, size_t number_at,
		      struct wr *w) MUSTUSE;
