// SPDX-License-Identifier: Apache-2.0
//
// The payload of a QUIC probe: a datagram of 1200 bytes whose packet is a client's first Initial
// (RFC 9000, 9001), as a server answers it. Inside the trace room only.
//
//     0xc0 version:32 8 cookie:32 serial:16 check:16 8 check:16 cookie:32 serial:16 0 length:16
//     number:8, a CRYPTO frame, PADDING and a tag, all protected; 0 "waymark" balance:16
//
// The first identifier is the destination's, unpredictable and of this probe alone (its keys come
// from it); the second ours, which every answer gives back. The CRYPTO frame is a ClientHello of
// TLS 1.3 for h3, with a server name where a name is traced. Behind the packet lies what a receiver
// passes over (RFC 9000 14.1): the sender's word, and the only two bytes no key covers, which make
// the UDP checksum the probe's token.
//
// A server that began a handshake would sign for it, send its certificates to nobody, and wait for
// their loss to show, once for each probe that comes so far. So the hello lacks one thing: the
// transport parameter that repeats our identifier, without which the server must close at once
// (RFC 9000 7.3). Its CONNECTION_CLOSE is the answer; nothing is retransmitted, and there is
// nothing we would have to send for the connection to go.
#pragma once

#include "initial/initial.h"
#include "trace/trace.h"

#define TRACE_QUIC_SIZE    1200 // of the payload; a server passes over less (RFC 9000 14.1)
#define TRACE_QUIC_BALANCE (TRACE_QUIC_SIZE - 2) // where in it the balance word lies, here 0

// The probe's identity where the packet is long enough to hold it.
struct trace_quic_id {
	uint32_t cookie;
	uint16_t serial;
};

enum err trace_quic_write(struct wr *w, const struct trace_probe *p, struct initial *seal) MUSTUSE;

// Of a probe that a router quotes, from the payload's first bytes. False: no QUIC probe.
bool trace_quic_quoted(struct span payload, struct trace_quic_id *out);

// Of a server's answer: its destination is our identifier, in Version Negotiation and in all else
// with a long header. False: no such answer.
bool trace_quic_answered(struct span payload, struct trace_quic_id *out);
