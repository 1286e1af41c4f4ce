// SPDX-License-Identifier: Apache-2.0
#include "reflect/socket_io.h"

#include <errno.h>
#include <string.h>

#include "sys/fd.h"

#define BACKLOG 64

static bool set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) == 0;
}

static bool prepare(int fd, int type, bool four, uint8_t ttl)
{
	bool ok = four ? set(fd, IPPROTO_IP, IP_TTL, ttl)
		       : set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) &&
				  set(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, ttl);
	if (type == SOCK_STREAM)
		return ok && set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	return ok &&
	       (four ? set(fd, IPPROTO_IP, IP_RECVTTL, 1) && set(fd, IPPROTO_IP, IP_PKTINFO, 1)
		     : set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1) &&
				set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1));
}

enum err socket_open(int type, struct addr a, uint16_t port, uint8_t ttl, int *fd, struct fault *f)
{
	union socket_name name;
	socklen_t len = socket_name_of(a, port, &name);
	char text[ADDR_TEXT];
	addr_write(a, text);
	*fd = socket(name.any.sa_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd < 0)
		return fault_set(f, errno == EAFNOSUPPORT ? ERR_UNSUPPORTED : ERR_IO, errno,
				 "reflector: no socket for %s", text);
	if (prepare(*fd, type, a.family == 4, ttl) && bind(*fd, &name.any, len) == 0 &&
	    (type != SOCK_STREAM || listen(*fd, BACKLOG) == 0))
		return ERR_OK;
	int sys = errno;
	fd_close(fd);
	return fault_set(f, sys == EADDRNOTAVAIL && a.family == 6 ? ERR_UNSUPPORTED : ERR_IO, sys,
			 "reflector: cannot listen on %s port %u", text, port);
}

static void control_read(struct msghdr *m, struct socket_datagram *out)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		const uint8_t *data = CMSG_DATA(c);
		int ttl = 0;
		if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) ||
		    (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT)) {
			memcpy(&ttl, data, sizeof(ttl));
			out->ttl = (uint8_t)ttl;
		} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;
			memcpy(&info, data, sizeof(info));
			out->to = addr_of(span_of(&info.ipi_addr, 4));
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;
			memcpy(&info, data, sizeof(info));
			out->to = addr_of(span_of(&info.ipi6_addr, 16));
		}
	}
}

bool socket_hear(int fd, uint8_t *room, size_t cap, struct socket_datagram *out)
{
	union {
		struct cmsghdr align;
		uint8_t bytes[256];
	} control;
	struct iovec iov = { room, cap };
	*out = (struct socket_datagram){ 0 };
	struct msghdr m = {
		.msg_name = &out->from,
		.msg_namelen = sizeof(out->from),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT);
	if (n < 0)
		return false;
	out->len = (size_t)n;
	out->from_len = m.msg_namelen;
	control_read(&m, out);
	return true;
}

// From the address that was asked: another would not pass the asker's NAT.
static void source_write(struct msghdr *m, struct addr from)
{
	struct cmsghdr *c = m->msg_control;
	struct in_pktinfo four = { 0 };
	struct in6_pktinfo six = { 0 };
	bool is_four = from.family == 4;
	const void *info = is_four ? (const void *)&four : (const void *)&six;
	size_t len = is_four ? sizeof(four) : sizeof(six);
	memcpy(&four.ipi_spec_dst, from.bytes, 4);
	memcpy(&six.ipi6_addr, from.bytes, 16);
	c->cmsg_level = is_four ? IPPROTO_IP : IPPROTO_IPV6;
	c->cmsg_type = is_four ? IP_PKTINFO : IPV6_PKTINFO;
	c->cmsg_len = CMSG_LEN(len);
	m->msg_controllen = CMSG_SPACE(len);
	memcpy(CMSG_DATA(c), info, len);
}

void socket_answer(int fd, const struct socket_datagram *d, struct span out)
{
	union {
		struct cmsghdr align;
		uint8_t bytes[64];
	} control = { .bytes = { 0 } };
	union socket_name to = d->from;
	uint8_t room[2048];
	struct iovec iov = { room, out.len };
	struct msghdr m = {
		.msg_name = &to,
		.msg_namelen = d->from_len,
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
	};
	if (out.len > sizeof(room))
		return;
	memcpy(room, out.at, out.len);
	source_write(&m, d->to);
	// An answer that cannot be sent is asked for again.
	if (sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return;
}
