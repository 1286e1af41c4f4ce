// SPDX-License-Identifier: Apache-2.0
//
// A network namespace without a name: it lives while this process (or a child in it) does, and
// takes every interface, route and rule in it along.
#pragma once

#include <stdint.h>

#include "base/err.h"

#define SPACE_PATH 48

// A new, empty one; the calling thread stays where it is.
enum err space_open(int *fd, struct fault *f) MUSTUSE;

// A path by which a child opens it.
void space_path(int fd, char out[static SPACE_PATH]);

typedef enum err space_fn(void *self, struct fault *f);

// Runs FN with the calling thread inside the namespace and comes back. FD -1: where we are.
enum err space_run(int fd, space_fn *fn, void *self, struct fault *f) MUSTUSE;

// Binds UDP port *PORT (0: the kernel chooses, and it is told) in this thread's namespace and keeps
// it from others; nothing is read.
enum err space_hold_port(uint16_t *port, int *fd, struct fault *f) MUSTUSE;
