// SPDX-License-Identifier: Apache-2.0
//
// Network namespaces by descriptor.
#pragma once

#include "base/err.h"

// The namespace this thread is in, as a descriptor the caller closes.
enum err netns_here(int *fd, struct fault *f) MUSTUSE;

// The namespace `ip netns` calls NAME (/run/netns/NAME).
enum err netns_open(const char *name, int *fd, struct fault *f) MUSTUSE;

// Moves the calling thread.
enum err netns_enter(int fd, struct fault *f) MUSTUSE;
