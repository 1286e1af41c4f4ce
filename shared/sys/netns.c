// SPDX-License-Identifier: Apache-2.0
#include "sys/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>

static enum err open_at(const char *path, const char *name, int *fd, struct fault *f)
{
	*fd = open(path, O_RDONLY | O_CLOEXEC);
	if (*fd < 0)
		return fault_set(f, errno == ENOENT ? ERR_MISSING : ERR_IO, errno,
				 "network namespace %s", name);
	return ERR_OK;
}

enum err netns_here(int *fd, struct fault *f)
{
	return open_at("/proc/thread-self/ns/net", "of this thread", fd, f);
}

enum err netns_open(const char *name, int *fd, struct fault *f)
{
	char path[256];
	snprintf(path, sizeof(path), "/run/netns/%s", name);
	return open_at(path, name, fd, f);
}

enum err netns_enter(int fd, struct fault *f)
{
	if (setns(fd, CLONE_NEWNET) != 0)
		return fault_set(f, errno == EPERM ? ERR_PERMIT : ERR_IO, errno,
				 "cannot enter the network namespace (needs CAP_SYS_ADMIN)");
	return ERR_OK;
}
