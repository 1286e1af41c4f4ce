// SPDX-License-Identifier: Apache-2.0
//
// A probe as bytes: the whole IP packet, with the fields the engine chose, and the arithmetic that
// puts a probe's serial number into fields and takes it out again.
//
// Payload of UDP and ICMP probes:  balance:16 serial:16 cookie:32 "waymark\0"
// Of QUIC probes: a long header of a version that nobody speaks (RFC 9000 6.3), so that a server
// answers with Version Negotiation and keeps nothing:
//     0xc0 version:32 8 balance:16 serial:16 cookie:32 8 cookie:32 serial:16 0:16 zeroes to 1200
// The first identifier is the destination's, the second ours, which the answer gives back.
// The balance word makes the checksum come out as ordered.
#pragma once

#include "base/wr.h"
#include "trace/trace.h"

#define TRACE_PROBE_MAX    1500       // bytes of the longest probe
#define TRACE_QUIC_SIZE    1200       // of the payload; a server passes over less
#define TRACE_QUIC_VERSION 0x1a2a3a4a // reserved to force negotiation

enum err trace_probe_write(struct wr *w, const struct trace_probe *p) MUSTUSE;

uint8_t trace_proto(enum trace_method m, uint8_t family);

// A 16-bit field that carries a serial number and is never 0 or 0xffff, and back.
uint16_t trace_token(uint16_t cookie, uint16_t serial);
uint16_t trace_token_serial(uint16_t cookie, uint16_t token);
