// SPDX-License-Identifier: Apache-2.0
//
// Answers and errors read from the sockets themselves, for who may not open a packet socket.
// clang-format off
#include <time.h> // errqueue.h needs it and does not say so
#include <linux/errqueue.h>
// clang-format on

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "dns/ports_part_io.h"
#include "sys/clock.h"

#define RECEIVE_BUFFER (4 << 20)
#define READY          64

enum err dns_plain_open(struct dns_ports *p, int fd, uint8_t family, struct fault *f)
{
	const int on = 1, buffer = RECEIVE_BUFFER;
	struct epoll_event e = { .events = EPOLLIN };
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
	(void)setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	(void)setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on));
	if (family == 4) {
		(void)setsockopt(fd, IPPROTO_IP, IP_RECVTTL, &on, sizeof(on));
		(void)setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on));
	} else {
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &on, sizeof(on));
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on));
	}
	e.data.fd = fd;
	if (epoll_ctl(p->epoll, EPOLL_CTL_ADD, fd, &e) != 0)
		return fault_set(f, ERR_IO, errno, "epoll");
	return ERR_OK;
}

static uint32_t index_of(const struct dns_ports *p, int fd)
{
	for (size_t f = 0; f < 2; f++)
		for (uint32_t i = 0; p->fds[f] != NULL && i < p->c.count; i++)
			if (p->fds[f][i] == fd)
				return i;
	return UINT32_MAX;
}

// What came beside the bytes.
struct beside {
	struct mono at;
	uint8_t ttl;
	struct sock_extended_err error;
	struct addr offender;
};

static void read_error(const struct cmsghdr *c, struct beside *out)
{
	memcpy(&out->error, CMSG_DATA(c), sizeof(out->error));
	// SO_EE_OFFENDER: what follows the error, if the message has room for it.
	const uint8_t *who = CMSG_DATA(c) + sizeof(out->error);
	sa_family_t family;
	union socket_name from = { 0 };
	if (c->cmsg_len < CMSG_LEN(sizeof(out->error) + sizeof(family)))
		return;
	memcpy(&family, who, sizeof(family));
	size_t len = family == AF_INET ? sizeof(from.in4) : sizeof(from.in6);
	if (family == AF_UNSPEC || c->cmsg_len < CMSG_LEN(sizeof(out->error) + len))
		return;
	memcpy(&from, who, len);
	out->offender = socket_name_addr(&from, NULL);
}

static struct beside beside_of(struct dns_ports *p, struct msghdr *m, struct mono now,
			       struct wall wall)
{
	struct beside out = { .at = now };
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		struct timespec ts;
		int value = 0;
		uint32_t drops;
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) {
			memcpy(&ts, CMSG_DATA(c), sizeof(ts));
			int64_t ago = wall.ns - (ts.tv_sec * NS_PER_S + ts.tv_nsec);
			if (ago >= 0 && ago < NS_PER_S)
				out.at.ns = now.ns - ago;
		} else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
			memcpy(&drops, CMSG_DATA(c), sizeof(drops));
			p->drops = drops > p->drops ? drops : p->drops;
		} else if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) ||
			   (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT)) {
			memcpy(&value, CMSG_DATA(c), sizeof(value));
			out.ttl = (uint8_t)value;
		} else if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
			   (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR)) {
			read_error(c, &out);
		}
	}
	return out;
}

static int receive(struct dns_ports *p, int fd, int flags)
{
	for (size_t i = 0; i < COUNT(p->in); i++) {
		p->in_parts[i] = (struct iovec){ p->in_bytes[i], DNS_PACKET };
		p->in[i].msg_hdr = (struct msghdr){
			.msg_name = &p->in_from[i],
			.msg_namelen = sizeof(p->in_from[i]),
			.msg_iov = &p->in_parts[i],
			.msg_iovlen = 1,
			.msg_control = p->in_control[i],
			.msg_controllen = sizeof(p->in_control[i]),
		};
	}
	return recvmmsg(fd, p->in, COUNT(p->in), MSG_DONTWAIT | flags, NULL);
}

static void take_answers(struct dns_ports *p, int fd, uint32_t index)
{
	int n = receive(p, fd, 0);
	struct wall wall = clock_wall();
	struct mono now = clock_mono();
	for (int i = 0; i < n; i++) {
		struct beside b = beside_of(p, &p->in[i].msg_hdr, now, wall);
		struct dns_heard h = {
			.port_index = index,
			.ttl = b.ttl,
			.cut = (p->in[i].msg_hdr.msg_flags & MSG_TRUNC) != 0,
			.message = span_of(p->in_bytes[i], p->in[i].msg_len),
		};
		h.from = socket_name_addr(&p->in_from[i], &h.from_port);
		p->c.heard(p->c.self, b.at, &h);
	}
}

// The queue of errors gives our question back, and whom it was for.
static void take_errors(struct dns_ports *p, int fd, uint32_t index)
{
	int n = receive(p, fd, MSG_ERRQUEUE);
	struct wall wall = clock_wall();
	struct mono now = clock_mono();
	for (int i = 0; i < n; i++) {
		struct beside b = beside_of(p, &p->in[i].msg_hdr, now, wall);
		const uint8_t *m = p->in_bytes[i];
		if (p->in[i].msg_len < 2 || b.error.ee_errno == 0)
			continue;
		const struct dns_icmp out = {
			.port_index = index,
			.id = (uint16_t)(m[0] << 8 | m[1]),
			.asked = socket_name_addr(&p->in_from[i], NULL),
			.from = b.offender.family != 0 ? b.offender
						       : socket_name_addr(&p->in_from[i], NULL),
			.type = b.error.ee_type,
			.code = b.error.ee_code,
			.error = dns_error_of((int)b.error.ee_errno),
		};
		p->c.icmp(p->c.self, b.at, &out);
	}
}

void dns_plain_take(struct dns_ports *p)
{
	struct epoll_event ready[READY];
	int n = epoll_wait(p->epoll, ready, READY, 0);
	for (int i = 0; i < n; i++) {
		int fd = ready[i].data.fd;
		uint32_t index = index_of(p, fd);
		if ((ready[i].events & EPOLLERR) != 0)
			take_errors(p, fd, index);
		if ((ready[i].events & EPOLLIN) != 0)
			take_answers(p, fd, index);
	}
}
