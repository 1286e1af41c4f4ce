// SPDX-License-Identifier: Apache-2.0
//
// File descriptors that close themselves: AUTO(fd_close) int fd = -1;
#pragma once

#include "base/err.h"
#include "base/span.h"

void fd_close(int *fd); // -1 is fine; becomes -1

// Writes all of S, waiting if the descriptor would block.
enum err fd_write_all(int fd, struct span s, struct fault *f) MUSTUSE;
