// SPDX-License-Identifier: Apache-2.0
//
// Lines of standard input as they come: from a file at once, from a pipe when there are some. What
// follows a `#` and blanks around are taken off; empty lines are passed over.
#pragma once

#include "base/err.h"
#include "base/span.h"

#define LINES_SIZE 65536 // the longest line

struct lines {
	char *buffer; // owned
	size_t from, to;
	size_t number; // of the line taken last, from 1
	size_t broken; // lines longer than LINES_SIZE, in pieces passed over
	bool ended, file;
};

enum err lines_open(struct lines *l, struct fault *f) MUSTUSE;
void lines_wipe(struct lines *l);

void lines_hear(struct lines *l); // reads once; may wait
// ERR_AGAIN: none is there whole yet (lines_hear brings more); ERR_MISSING: no more will come.
// *OUT is good until lines_hear.
enum err lines_next(struct lines *l, struct span *out) MUSTUSE;
