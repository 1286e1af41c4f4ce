// SPDX-License-Identifier: Apache-2.0
//
// The crowds over TCP (RFC 7766): one question after the other on a connection, each with its two
// bytes of length.
#pragma once

#include "lab/crowd.h"
#include "sys/loop.h"

#define CROWD_TCP_MAX 256 // connections at once; further ones wait in the kernel

struct crowd_tcp;

// FAMILY 4 or 6. CROWD and LOOP are borrowed.
enum err crowd_tcp_open(struct loop *loop, struct crowd *crowd, int family, struct crowd_tcp **out,
			struct fault *f) MUSTUSE;
void crowd_tcp_close(struct crowd_tcp **t);
