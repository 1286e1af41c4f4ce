// SPDX-License-Identifier: Apache-2.0
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

enum err fd_write_all(int fd, struct span s, struct fault *f)
{
	while (s.len > 0) {
		ssize_t n = write(fd, s.at, s.len);
		if (n >= 0) {
			s = span_of(s.at + n, s.len - (size_t)n);
		} else if (errno == EAGAIN) {
			struct pollfd p = { .fd = fd, .events = POLLOUT };
			(void)poll(&p, 1, -1);
		} else if (errno != EINTR) {
			return fault_set(f, ERR_IO, errno, "write");
		}
	}
	return ERR_OK;
}
