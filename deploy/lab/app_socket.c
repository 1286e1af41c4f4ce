// SPDX-License-Identifier: Apache-2.0
#include "lab/app_socket.h"

#include <errno.h>
#include <netinet/tcp.h>

#include "sys/fd.h"
#include "sys/socket_name.h"

#define DEAD_MS 30000

static enum err open_socket(struct addr a, int type, int *fd, struct fault *f)
{
	*fd = socket(a.family == 4 ? AF_INET : AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	return *fd >= 0 ? ERR_OK : fault_set(f, ERR_IO, errno, "socket");
}

static void flag(int fd, int level, int option, int value)
{
	(void)setsockopt(fd, level, option, &value, sizeof(value));
}

static enum err towards(struct addr to, uint16_t port, int type, int *fd, struct fault *f)
{
	union socket_name name;
	socklen_t len = socket_name_of(to, port, &name);
	enum err err = open_socket(to, type, fd, f);

	if (err != ERR_OK)
		return err;
	if (type == SOCK_STREAM)
		flag(*fd, IPPROTO_TCP, TCP_USER_TIMEOUT, DEAD_MS);
	if (connect(*fd, &name.any, len) == 0 || errno == EINPROGRESS)
		return ERR_OK;
	char text[ADDR_TEXT];
	addr_write(to, text);
	err = fault_set(f, ERR_UNREACHABLE, errno, "%s port %u: cannot connect", text, port);
	fd_close(fd);
	return err;
}

enum err socket_connect(struct addr to, uint16_t port, int *fd, struct fault *f)
{
	return towards(to, port, SOCK_STREAM, fd, f);
}

enum err socket_udp(struct addr to, uint16_t port, int *fd, struct fault *f)
{
	return towards(to, port, SOCK_DGRAM, fd, f);
}

enum err socket_listen(int type, struct addr at, uint16_t port, int *fd, struct fault *f)
{
	union socket_name name;
	socklen_t len = socket_name_of(at, port, &name);
	enum err err = open_socket(at, type, fd, f);

	if (err != ERR_OK)
		return err;
	flag(*fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (at.family == 0)
		flag(*fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
	if (bind(*fd, &name.any, len) == 0 && (type != SOCK_STREAM || listen(*fd, 128) == 0))
		return ERR_OK;
	int sys = errno;
	fd_close(fd);
	return fault_set(f, ERR_IO, sys, "port %u: cannot listen; is it in use?", port);
}
