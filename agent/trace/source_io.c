// SPDX-License-Identifier: Apache-2.0
#include "trace/source_io.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "sys/fd.h"

void trace_source_wipe(struct trace_source *s)
{
	fd_close(&s->fds[0]);
	fd_close(&s->fds[1]);
}

void trace_source_fill(struct sockaddr_storage *to, struct addr dst)
{
	if (dst.family == 4) {
		struct sockaddr_in *in = (struct sockaddr_in *)to;
		*in = (struct sockaddr_in){ .sin_family = AF_INET };
		memcpy(&in->sin_addr, dst.bytes, 4);
	} else {
		struct sockaddr_in6 *in = (struct sockaddr_in6 *)to;
		*in = (struct sockaddr_in6){ .sin6_family = AF_INET6 };
		memcpy(&in->sin6_addr, dst.bytes, 16);
	}
}

socklen_t trace_source_length(const struct sockaddr_storage *to)
{
	return to->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

// One socket for all: a connected one is let go first, or its old source would stay.
static int socket_for(struct trace_source *s, uint8_t family)
{
	const struct sockaddr nobody = { .sa_family = AF_UNSPEC };
	int *fd = &s->fds[family == 4 ? 0 : 1];
	if (*fd < 0)
		*fd = socket(family == 4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	else
		(void)connect(*fd, &nobody, sizeof(nobody));
	return *fd;
}

struct addr trace_source_find(struct trace_source *s, struct addr dst)
{
	struct sockaddr_storage at = { 0 };
	trace_source_fill(&at, dst);
	socklen_t len = trace_source_length(&at);
	struct addr none = { .family = dst.family };
	int fd = socket_for(s, dst.family);
	if (dst.family == 4)
		((struct sockaddr_in *)&at)->sin_port = htons(9);
	else
		((struct sockaddr_in6 *)&at)->sin6_port = htons(9);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&at, len) != 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &len) != 0)
		return none;
	if (dst.family == 4)
		return addr_of(span_of(&((struct sockaddr_in *)&at)->sin_addr, 4));
	return addr_of(span_of(&((struct sockaddr_in6 *)&at)->sin6_addr, 16));
}

uint16_t trace_source_mtu(const struct trace_source *s, uint8_t family)
{
	int mtu = 0;
	socklen_t len = sizeof(mtu);
	bool four = family == 4;
	if (getsockopt(s->fds[four ? 0 : 1], four ? IPPROTO_IP : IPPROTO_IPV6,
		       four ? IP_MTU : IPV6_MTU, &mtu, &len) != 0)
		return 0;
	return mtu < 0 || mtu > UINT16_MAX ? UINT16_MAX : (uint16_t)mtu;
}
