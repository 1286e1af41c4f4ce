// SPDX-License-Identifier: Apache-2.0
#include "node/ask_io.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "reflect/socket_io.h"
#include "sys/fd.h"

struct ask_io {
	int fd4, fd6; // -1: no such family here
};

static enum err open_family(uint8_t family, uint16_t port, int *fd, struct fault *f)
{
	enum err err =
		socket_open(SOCK_DGRAM, (struct addr){ .family = family }, port, ASK_TTL, fd, f);
	return err == ERR_UNSUPPORTED ? ERR_OK : err;
}

enum err ask_io_open_at(uint16_t port, struct ask_io **out, struct fault *f)
{
	struct ask_io *a = calloc(1, sizeof(*a));
	if (a == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory");
	a->fd4 = a->fd6 = -1;
	enum err err = open_family(4, port, &a->fd4, f);
	if (err == ERR_OK)
		err = open_family(6, port, &a->fd6, f);
	if (err != ERR_OK)
		ask_io_close(&a);
	*out = a;
	return err;
}

enum err ask_io_open(struct ask_io **out, struct fault *f)
{
	return ask_io_open_at(0, out, f);
}

void ask_io_close(struct ask_io **out)
{
	struct ask_io *a = *out;
	if (a == NULL)
		return;
	fd_close(&a->fd4);
	fd_close(&a->fd6);
	free(a);
	*out = NULL;
}

void ask_io_send(struct ask_io *a, struct addr to, uint16_t port, struct span bytes)
{
	union socket_name name;
	int fd = to.family == 4 ? a->fd4 : a->fd6;
	if (to.family == 0 || fd < 0)
		return;
	socklen_t len = socket_name_of(to, port, &name);
	if (sendto(fd, bytes.at, bytes.len, MSG_DONTWAIT | MSG_NOSIGNAL, &name.any, len) < 0)
		return;
}

bool ask_io_hear(struct ask_io *a, uint8_t *room, size_t cap, struct span *out)
{
	struct socket_datagram d;
	if ((a->fd4 < 0 || !socket_hear(a->fd4, room, cap, &d)) &&
	    (a->fd6 < 0 || !socket_hear(a->fd6, room, cap, &d)))
		return false;
	*out = span_of(room, d.len);
	return true;
}
