// SPDX-License-Identifier: Apache-2.0
//
// The ClientHello of TLS 1.0 to 1.3, from the record layer (bytes of a TCP stream) or from
// handshake bytes (as QUIC carries them): server name and protocols asked for. What leaves borrows
// from what entered. Decrypts nothing and keeps nothing between calls.
#pragma once

#include "base/rd.h"
#include "base/wr.h"

struct tls_hello {
	uint16_t version; // legacy_version
	bool has_sni;
	struct span sni;  // host_name as sent, unchecked
	struct span alpn; // the protocol list, for tls_alpn_next
	bool ech;         // encrypted_client_hello is there: the name seen is the outer one
};

// HANDSHAKE starts at the handshake header. ERR_SHORT: more bytes could complete it. ERR_FORMAT: no
// ClientHello.
enum err tls_hello_read(struct span handshake, struct tls_hello *out) MUSTUSE;

// Takes the handshake bytes out of the records at the start of STREAM, where a hello may be split
// over several. ERR_SHORT: the first handshake message is not whole yet. ERR_FORMAT: no TLS
// handshake, or the message does not fit W. Where one record holds it all, *OUT borrows from STREAM
// and W stays empty.
enum err tls_handshake_read(struct span stream, struct wr *w, struct span *out) MUSTUSE;

// Whether these first bytes of a stream could begin a ClientHello. One byte is enough to say no.
bool tls_hello_begins(struct span stream);

// Walks rd_of(hello.alpn). False at the end or when broken.
bool tls_alpn_next(struct rd *r, struct span *out);
