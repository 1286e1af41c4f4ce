// SPDX-License-Identifier: Apache-2.0
//
// A deny or opt-out list in a file: one prefix or address a line, `#` starts a comment. It is read
// again when it changes; what was added is obeyed from then on. A prefix taken out of the file
// stays denied until the next start: forgetting is the slower road on purpose.
#pragma once

#include "pace/pace.h"
#include "sys/loop.h"

#define DENY_LOOK_NS (10 * NS_PER_S) // between looks at the file: well within a minute

struct deny_file {
	const char *path; // borrowed
	struct pace *pace;
	struct loop_timer *timer;
	int64_t seen_ns, seen_size; // the file as it was read last
	size_t count;               // prefixes read last
	enum err err;               // of the last reading; a bad line does not hide the good ones
};

// Reads PATH into PACE; a line that is no prefix fails and names itself. PATH "" or NULL: nothing.
enum err deny_file_open(struct deny_file *d, const char *path, struct pace *pace,
			struct fault *f) MUSTUSE;
enum err deny_file_watch(struct deny_file *d, struct loop *l, struct fault *f) MUSTUSE;
void deny_file_close(struct deny_file *d);
