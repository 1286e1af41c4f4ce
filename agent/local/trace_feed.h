// SPDX-License-Identifier: Apache-2.0
//
// Targets on their way into an engine: taken one by one as they come, as many begun as may run at
// once, one whose flow is busy held back; until all have ended or a person presses Ctrl-C. Knows
// targets and the loop; the engine is what the caller says it is.
#pragma once

#include "local/trace_targets.h"
#include "sys/loop.h"

struct trace_feed_engine {
	// TAG counts targets from 1. ERR_EXISTS, ERR_FULL: later, if anything runs.
	enum err (*put)(void *self, const struct trace_wish *w, uint64_t tag);
	size_t (*count)(const void *self); // that run
	size_t (*kept)(const void *self);  // that have run, and are not told yet; may be NULL
	void (*stop)(void *self);          // ends all; each is still handed over
};

struct trace_feed {
	const struct trace_feed_engine *engine;
	void *self;  // the engine's
	size_t most; // at once
	struct trace_targets targets;
	struct loop *loop;
	struct loop_timer *room;  // goes off when one has ended
	struct loop_watch *input; // standard input, while a line is waited for
	struct trace_wish held;   // taken, and its flow is busy
	bool holding, ended, interrupted;
	uint64_t done, refused, failed;
};

// ENGINE, SELF and MOST are set; the targets are open. Signals and standard input.
enum err trace_feed_open(struct trace_feed *t, struct loop *l, struct fault *f) MUSTUSE;

// Until all targets have ended.
enum err trace_feed_run(struct trace_feed *t, struct fault *f) MUSTUSE;

void trace_feed_more(struct trace_feed *t);               // one has ended: there is room
void trace_feed_told(struct trace_feed *t, bool refused); // one was printed

// What a target is called: its word of the command line, else its address.
const char *trace_feed_name(const struct trace_feed *t, uint64_t tag, struct addr a,
			    char text[static ADDR_TEXT]);

// The exit status; PARTLY: how many traces besides do not say what they should.
int trace_feed_status(const struct trace_feed *t, size_t partly);
