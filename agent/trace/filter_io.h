// SPDX-License-Identifier: Apache-2.0
//
// The kernel's half of receiving: a packet socket that lets through only what can answer a probe
// (ICMP errors and echo replies; TCP SYN-ACK and RST to our port range), stamped on arrival.
#pragma once

#include "base/err.h"
#include "base/span.h"
#include "base/time.h"

// Hears nothing before it is bound, so that a ring can be set up first.
enum err trace_filter_open(uint8_t family, uint16_t sport_first, uint16_t sport_count,
			   int receive_buffer, int *fd, struct fault *f) MUSTUSE;

enum err trace_filter_bind(int fd, uint8_t family, struct fault *f) MUSTUSE;

// Packets dropped since the last call.
uint64_t trace_filter_drops(int fd);

// Packets that this machine's receive queue had no room for, before any socket could see them, of
// all that arrive here.
struct trace_backlog {
	int fd; // -1: nothing is counted
	uint64_t seen;
	struct mono due; // not looked at before
};

void trace_backlog_open(struct trace_backlog *b);
void trace_backlog_close(struct trace_backlog *b);

// Since the last call that looked; and of none before NOW.
uint64_t trace_backlog_drops(struct trace_backlog *b, struct mono now);
void trace_backlog_forget(struct trace_backlog *b);
