// SPDX-License-Identifier: Apache-2.0
#include "trace/source_io.h"

#include "sys/fd.h"
#include "sys/socket_name.h"

#define DISCARD 9 // a port nothing is sent to

void trace_source_wipe(struct trace_source *s)
{
	fd_close(&s->fds[0]);
	fd_close(&s->fds[1]);
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
	union socket_name at;
	socklen_t len = socket_name_of(dst, DISCARD, &at);
	int fd = socket_for(s, dst.family);
	if (fd < 0 || connect(fd, &at.any, len) != 0 || getsockname(fd, &at.any, &len) != 0)
		return (struct addr){ .family = dst.family };
	return socket_name_addr(&at, NULL);
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
