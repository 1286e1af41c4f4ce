// SPDX-License-Identifier: Apache-2.0
#include "tunnel/space_io.h"

#include <assert.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "sys/fd.h"
#include "sys/netns.h"
#include "sys/socket_name.h"

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

static int bind_any(uint8_t family, uint16_t port)
{
	union socket_name any;
	socklen_t len = socket_name_of((struct addr){ .family = family }, port, &any);
	const int least = 1; // byte; the kernel rounds up
	int fd = socket(any.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least));
	if (bind(fd, &any.any, len) == 0)
		return fd;
	int sys = errno;
	close(fd);
	errno = sys;
	return -1;
}

enum err space_hold_port(uint16_t *port, int *fd, struct fault *f)
{
	*fd = bind_any(6, *port);
	if (*fd < 0 && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL))
		*fd = bind_any(4, *port);
	if (*fd < 0)
		return fault_set(f, ERR_IO, errno, "UDP port %u%s", *port,
				 errno == EADDRINUSE ? ": the UDP port is in use" : "");
	*port = socket_port(*fd);
	return *port != 0 ? ERR_OK : fault_set(f, ERR_IO, errno, "getsockname");
}
