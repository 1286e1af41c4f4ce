// SPDX-License-Identifier: Apache-2.0
#include "sys/socket_name.h"

#include <arpa/inet.h>
#include <string.h>

socklen_t socket_name_of(struct addr a, uint16_t port, union socket_name *out)
{
	memset(out, 0, sizeof(*out));
	if (a.family == 4) {
		out->in4.sin_family = AF_INET;
		out->in4.sin_port = htons(port);
		memcpy(&out->in4.sin_addr, a.bytes, 4);
		return sizeof(out->in4);
	}
	out->in6.sin6_family = AF_INET6;
	out->in6.sin6_port = htons(port);
	memcpy(&out->in6.sin6_addr, a.bytes, 16);
	return sizeof(out->in6);
}

socklen_t socket_name_len(const union socket_name *n)
{
	return n->any.sa_family == AF_INET ? sizeof(n->in4) : sizeof(n->in6);
}

struct addr socket_name_addr(const union socket_name *n, uint16_t *port)
{
	bool four = n->any.sa_family == AF_INET;
	if (port != NULL)
		*port = ntohs(four ? n->in4.sin_port : n->in6.sin6_port);
	return addr_of(four ? span_of(&n->in4.sin_addr, 4) : span_of(&n->in6.sin6_addr, 16));
}

uint16_t socket_port(int fd)
{
	union socket_name name;
	socklen_t len = sizeof(name);
	uint16_t port = 0;
	if (getsockname(fd, &name.any, &len) == 0)
		(void)socket_name_addr(&name, &port);
	return port;
}
