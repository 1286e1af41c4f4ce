// SPDX-License-Identifier: Apache-2.0
//
// What `waymark trace` is to trace: words of the command line (addresses or host names) or lines of
// standard input, `ADDRESS [METHOD [PORT]]`.
#pragma once

#include "base/addr.h"
#include "msg/trace.h"

struct trace_wish {
	char *name; // as given; owned
	struct addr addr;
	enum trace_method method;
	uint16_t port; // 0: the method's usual one
};

struct trace_targets {
	struct trace_wish *items; // owned
	size_t count;
	size_t bad; // lines passed over, each said on standard error
};

// UNSET: method and port of those that name none. No words: standard input.
enum err trace_targets_read(struct trace_targets *t, char *const *words, size_t count,
			    const struct trace_wish *unset, bool ipv6, struct fault *f) MUSTUSE;
void trace_targets_wipe(struct trace_targets *t);

// One line of standard input, without its newline.
enum err trace_wish_read(struct span line, const struct trace_wish *unset,
			 struct trace_wish *out) MUSTUSE;
