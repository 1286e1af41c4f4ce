// SPDX-License-Identifier: Apache-2.0
//
// Named network namespaces, as `ip netns` keeps them (/run/netns/NAME), and the processes in them.
#pragma once

#include <stddef.h>

#include "base/err.h"

#define SPACE_NAME_MAX 64

// "wl-LAB-HOST"
void space_name(const char *lab, const char *host, char out[static SPACE_NAME_MAX]);

// Whether this process may do all this at all; the fault says what it lacks.
enum err space_permit(struct fault *f) MUSTUSE;

// Makes NAME; the calling thread stays where it is.
enum err space_make(const char *name, struct fault *f) MUSTUSE;

// Moves the calling thread into NAME; *HOME is where it was, for netns_enter.
enum err space_enter(const char *name, int *home, struct fault *f) MUSTUSE;

// Ends every process in the namespaces (SIGTERM, then SIGKILL) and removes them. Missing ones are
// fine. The caller is never ended.
void space_end(char *const *names, size_t count);
