// SPDX-License-Identifier: Apache-2.0
#include "tunnel/space_io.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/fd.h"
#include "sys/netns.h"

// A thread left in the wrong namespace would send a phone's packets anywhere.
static void come_back(int home)
{
	enum err err = netns_enter(home, NULL);
	assert(err == ERR_OK);
	(void)err;
}

enum err space_open(int *fd, struct fault *f)
{
	AUTO(fd_close) int home = -1;
	enum err err = netns_here(&home, f);
	if (err != ERR_OK)
		return err;
	if (unshare(CLONE_NEWNET) != 0)
		return fault_set(f, errno == EPERM ? ERR_PERMIT : ERR_IO, errno,
				 "cannot make a network namespace (needs CAP_SYS_ADMIN)");
	err = netns_here(fd, f);
	come_back(home);
	return err;
}

void space_path(int fd, char out[static SPACE_PATH])
{
	snprintf(out, SPACE_PATH, "/proc/%lld/fd/%d", (long long)getpid(), fd);
}

enum err space_run(int fd, space_fn *fn, void *self, struct fault *f)
{
	AUTO(fd_close) int home = -1;
	if (fd < 0)
		return fn(self, f);
	enum err err = netns_here(&home, f);
	if (err == ERR_OK)
		err = netns_enter(fd, f);
	if (err != ERR_OK)
		return err;
	err = fn(self, f);
	come_back(home);
	return err;
}

static int bind_any(int family, uint16_t port)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons(port) };
	const int least = 1; // byte; the kernel rounds up
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least));
	int rc = family == AF_INET6 ? bind(fd, (const struct sockaddr *)&six, sizeof(six))
				    : bind(fd, (const struct sockaddr *)&four, sizeof(four));
	if (rc == 0)
		return fd;
	int sys = errno;
	close(fd);
	errno = sys;
	return -1;
}

enum err space_hold_port(uint16_t *port, int *fd, struct fault *f)
{
	struct sockaddr_in6 got;
	socklen_t len = sizeof(got);
	*fd = bind_any(AF_INET6, *port);
	if (*fd < 0 && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL))
		*fd = bind_any(AF_INET, *port);
	if (*fd < 0)
		return fault_set(f, ERR_IO, errno, "UDP port %u%s", *port,
				 errno == EADDRINUSE ? ": the UDP port is in use" : "");
	if (getsockname(*fd, (struct sockaddr *)&got, &len) != 0)
		return fault_set(f, ERR_IO, errno, "getsockname");
	*port = ntohs(got.sin6_port); // at the same place in sockaddr_in
	return ERR_OK;
}
