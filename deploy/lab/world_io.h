// SPDX-License-Identifier: Apache-2.0
//
// A world from a file.
#pragma once

#include "lab/world.h"

// "-" reads standard input.
enum err world_load(const char *path, struct world **out, struct fault *f) MUSTUSE;
