// SPDX-License-Identifier: Apache-2.0
//
// Sockets for the programs of the lab: to an address, at a port, non-blocking.
#pragma once

#include "base/addr.h"
#include "base/err.h"

// A TCP connection under way. Dead peers are noticed within half a minute.
enum err socket_connect(struct addr to, uint16_t port, int *fd, struct fault *f) MUSTUSE;

// A UDP socket that speaks with TO only.
enum err socket_udp(struct addr to, uint16_t port, int *fd, struct fault *f) MUSTUSE;

// Both families at every address (AT.family 0), or at AT. TYPE: SOCK_STREAM (listening) or
// SOCK_DGRAM. Port 0: the kernel chooses.
enum err socket_listen(int type, struct addr at, uint16_t port, int *fd, struct fault *f) MUSTUSE;
