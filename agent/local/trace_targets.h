// SPDX-License-Identifier: Apache-2.0
//
// What `waymark trace` is to trace: words of the command line (addresses or host names), or lines
// of standard input, `ADDRESS [METHOD [PORT]]`, taken one by one as they come: the first probe does
// not wait for the last line, and what was not yet traced is not kept.
#pragma once

#include "base/addr.h"
#include "msg/trace.h"

#define TRACE_INPUT_SIZE 65536 // bytes read ahead; no line is longer

struct trace_wish {
	char *name; // as given on the command line; NULL: the address says it
	struct addr addr;
	enum trace_method method;
	uint16_t port; // 0: the method's usual one
};

enum trace_supply {
	TRACE_SUPPLY_ONE,
	TRACE_SUPPLY_LATER, // when more has been read
	TRACE_SUPPLY_END,
};

struct trace_targets {
	struct trace_wish unset;
	struct trace_wish *items; // words of the command line; owned
	size_t count, next;
	bool from_input, ended; // standard input; and its end was read
	bool file;              // a regular file: reading it does not wait
	size_t taken, bad;      // wishes given out; lines passed over, each said on standard error
	size_t line, from, to;  // of BUFFER: what is there, not yet taken
	char *buffer;
};

// UNSET: method and port of those that name none. No words: standard input.
enum err trace_targets_open(struct trace_targets *t, char *const *words, size_t count,
			    const struct trace_wish *unset, bool ipv6, struct fault *f) MUSTUSE;
void trace_targets_wipe(struct trace_targets *t);

// OUT's name is borrowed from T.
enum trace_supply trace_targets_take(struct trace_targets *t, struct trace_wish *out);

// Reads once from standard input: call it when that is readable.
void trace_targets_hear(struct trace_targets *t);

// One line of standard input, without its newline.
enum err trace_wish_read(struct span line, const struct trace_wish *unset,
			 struct trace_wish *out) MUSTUSE;
