// SPDX-License-Identifier: Apache-2.0
//
// What a person or a program wants to know of many traces while they run and when they ended: the
// progress line, the status file, the metadata document. Knows no engine: it is told the figures.
#pragma once

#include <stdio.h>

#include "base/time.h"
#include "local/trace_settings.h"

struct trace_figures {
	struct trace_counts probes;
	uint64_t drops, running, taken, done, refused, failed, bad;
	uint64_t stops[TRACE_STOP_COUNT];
	bool all_known; // no more targets will come
};

struct trace_status {
	const struct trace_settings *settings;
	FILE *file; // of --status-file, or NULL
	bool line;  // the progress line is wanted
	bool tty, drawn;
	struct wall start;
	struct mono begun, last, said;
	struct trace_counts before;
};

enum err trace_status_open(struct trace_status *t, const struct trace_settings *s, bool many,
			   struct mono now, struct wall wall, struct fault *f) MUSTUSE;

// Once a second.
void trace_status_tick(struct trace_status *t, struct mono now, struct wall wall,
		       const struct trace_figures *g);

// The last line, the end of the file, and the document; ARGV is what was asked for.
enum err trace_status_close(struct trace_status *t, char **argv, const uint64_t seed[2],
			    bool interrupted, const struct trace_figures *g, struct mono now,
			    struct wall wall, struct fault *f) MUSTUSE;
