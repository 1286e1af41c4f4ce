// SPDX-License-Identifier: Apache-2.0
//
// The kernel's half of receiving: a packet socket that lets through only what can answer a probe
// (ICMP errors and echo replies; TCP SYN-ACK and RST to our port range), stamped on arrival.
#pragma once

#include "base/err.h"
#include "base/span.h"

// Hears nothing before it is bound, so that a ring can be set up first.
enum err trace_filter_open(uint8_t family, uint16_t sport_first, uint16_t sport_count,
			   int receive_buffer, int *fd, struct fault *f) MUSTUSE;

enum err trace_filter_bind(int fd, uint8_t family, struct fault *f) MUSTUSE;

// Packets dropped since the last call.
uint64_t trace_filter_drops(int fd);

// Packets that this machine's receive queue had no room for, before any socket could see them, of
// all that arrive here; since it started. FD: of trace_backlog_open, -1 counts nothing.
int trace_backlog_open(void);
uint64_t trace_backlog_drops(int fd);
