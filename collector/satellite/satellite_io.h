// SPDX-License-Identifier: Apache-2.0
//
// Reads published scans where they lie: a folder, a single file, or an archive (.tar, .tar.gz);
// any file may be compressed by gzip. It gives lines, and knows nothing of what is in them.
#pragma once

#include "satellite/satellite.h"

#define SATELLITE_LINE_MAX ((size_t)64 << 20) // bytes of one line

struct satellite_line {
	const char *file;
	uint32_t number;  // from 1
	struct span text; // without its line feed; may be changed in place
};

typedef enum err satellite_line_fn(void *self, const struct satellite_line *line, struct fault *f);
// A file that was not read, and why.
typedef void satellite_skip_fn(void *self, const char *path, const char *why);

struct satellite_reader {
	satellite_line_fn *line;
	satellite_skip_fn *skip;
	void *self;
};

// ERR_MISSING: nothing there that is known.
enum err satellite_read(const char *path, const struct satellite_reader *r,
			struct fault *f) MUSTUSE;
