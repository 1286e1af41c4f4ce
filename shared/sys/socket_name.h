// SPDX-License-Identifier: Apache-2.0
//
// An address and a port as sockets take and give them: struct addr forth and back.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/addr.h"

union socket_name {
	struct sockaddr any;
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;
};

// Returns the length of the name. All zero bytes: any address of the family; family 0 is IPv6.
socklen_t socket_name_of(struct addr a, uint16_t port, union socket_name *out);

socklen_t socket_name_len(const union socket_name *n);

// PORT may be NULL.
struct addr socket_name_addr(const union socket_name *n, uint16_t *port);

// The local port of FD; 0: it has none.
uint16_t socket_port(int fd);
