// SPDX-License-Identifier: Apache-2.0
//
// A probe as bytes: the whole IP packet, with the fields the engine chose, and the arithmetic that
// puts a probe's serial number into fields and takes it out again.
//
// Payload of UDP and ICMP probes:  balance:16 serial:16 cookie:32 "waymark\0"
// Of QUIC probes: see trace/quic.h. The balance word makes the checksum come out as ordered.
#pragma once

#include "base/wr.h"
#include "initial/initial.h"
#include "trace/trace.h"

#define TRACE_PROBE_MAX 1500 // bytes of the longest probe

// SEAL protects QUIC probes; ERR_UNSUPPORTED where one is wanted and it is NULL.
enum err trace_probe_write(struct wr *w, const struct trace_probe *p, struct initial *seal) MUSTUSE;

uint8_t trace_proto(enum trace_method m, uint8_t family);

// A 16-bit field that carries a serial number and is never 0 or 0xffff, and back.
uint16_t trace_token(uint16_t cookie, uint16_t serial);
uint16_t trace_token_serial(uint16_t cookie, uint16_t token);
