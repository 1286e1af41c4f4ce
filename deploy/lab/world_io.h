// SPDX-License-Identifier: Apache-2.0
//
// A world from a file.
#pragma once

#include "lab/world.h"

// Its text; the caller frees *TEXT. Whatever is wrong with the file is ERR_USAGE.
enum err world_file(const char *path, char **text, size_t *len, struct fault *f) MUSTUSE;

// "-" reads standard input.
enum err world_load(const char *path, struct world **out, struct fault *f) MUSTUSE;
