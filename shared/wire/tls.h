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

// The same from the BODY of the message; DATAGRAM: with the cookie of DTLS (RFC 9147 5.3).
enum err tls_hello_body_read(struct span body, bool datagram, struct tls_hello *out) MUSTUSE;

// The hello of SSL 2 that clients sent to find out who still spoke it (RFC 5246 E.2); STREAM begins
// with it and may go on. *LEN: how long it is.
enum err tls_old_hello_read(struct span stream, struct tls_hello *out, size_t *len) MUSTUSE;

enum tls_message_type {
	TLS_CLIENT_HELLO = 1,
	TLS_SERVER_HELLO = 2,
	TLS_CERTIFICATE = 11,
};

struct tls_message {
	uint8_t type;
	struct span bytes; // header and body; borrowed from the walk's W
};

// The handshake messages at the start of a stream, joined out of their records: a message may be
// split over several, and a record may hold several.
struct tls_walk {
	struct rd records;
	struct wr *w;  // the joined bytes; must outlive what is borrowed
	size_t at;     // in them: where the next message begins
	size_t clean;  // in the stream: the end of the last record that ended with a message
	unsigned told; // messages handed out since that place
};

struct tls_walk tls_walk(struct span stream, struct wr *w);

// False when no whole message is left; records.err then tells ERR_SHORT (more of the stream may
// complete one; ERR_OK too, when nothing is open) from ERR_FORMAT (something else follows).
bool tls_message_next(struct tls_walk *walk, struct tls_message *out);

// Whether a ServerHello agrees on TLS 1.3, after which certificates go hidden.
bool tls_server_hides(struct span server_hello);

// Whether these first bytes of a stream could begin with a handshake message of this type. One byte
// is enough to say no.
bool tls_begins(struct span stream, enum tls_message_type type);

// Walks rd_of(hello.alpn). False at the end or when broken.
bool tls_alpn_next(struct rd *r, struct span *out);
