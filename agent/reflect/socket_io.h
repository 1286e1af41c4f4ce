// SPDX-License-Identifier: Apache-2.0
//
// Sockets of a reflector: bound ones that tell TTL and destination of what comes, datagrams in and
// out by the address that was asked.
#pragma once

#include "sys/socket_name.h"

// TYPE: SOCK_DGRAM or SOCK_STREAM. ADDR: any address of its family where it is all zero.
// ERR_UNSUPPORTED: no such family here.
enum err socket_open(int type, struct addr a, uint16_t port, uint8_t ttl, int *fd,
		     struct fault *f) MUSTUSE;

struct socket_datagram {
	union socket_name from;
	socklen_t from_len;
	struct addr to; // which of our addresses it came to
	uint8_t ttl;    // 0: not told
	size_t len;
};

// False: nothing (more) there.
bool socket_hear(int fd, uint8_t *room, size_t cap, struct socket_datagram *out);
void socket_answer(int fd, const struct socket_datagram *d, struct span out);
