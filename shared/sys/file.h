// SPDX-License-Identifier: Apache-2.0
//
// Whole files and folders.
#pragma once

#include <sys/types.h>

#include "base/err.h"
#include "base/span.h"

// The whole file, at most LIMIT bytes, plus a NUL not counted in *LEN. Caller frees *OUT.
// "-" reads standard input.
enum err file_read(const char *path, size_t limit, char **out, size_t *len,
		   struct fault *f) MUSTUSE;

// Appears whole or not at all: temporary file, fsync, rename, fsync of the folder.
enum err file_write(const char *path, mode_t mode, struct span s, struct fault *f) MUSTUSE;

// mkdir -p; an existing folder keeps its mode.
enum err dir_make(const char *path, mode_t mode, struct fault *f) MUSTUSE;

// Removes a folder and what is in it, without following links. Missing is fine.
enum err dir_remove(const char *path, struct fault *f) MUSTUSE;

enum err dir_sync(const char *path, struct fault *f) MUSTUSE;
