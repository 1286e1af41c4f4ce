// SPDX-License-Identifier: Apache-2.0
#include "dns/ports_io.h"

#include <errno.h>
#include <linux/filter.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "dns/ports_part_io.h"
#include "sys/clock.h"
#include "sys/fd.h"

#define RANGE_FIRST 16384
#define RANGE_LAST  60000
#define ATTEMPTS    64 // ranges tried for one that is free as a whole
#define SEND_BUFFER (4 << 20)

enum dns_error dns_error_of(int sys)
{
	switch (sys) {
	case ECONNREFUSED:
		return DNS_ERROR_REFUSED;
	case EHOSTUNREACH:
	case EHOSTDOWN:
		return DNS_ERROR_HOST;
	case ENETUNREACH:
	case EADDRNOTAVAIL:
	case ENETDOWN:
	case EAFNOSUPPORT:
		return DNS_ERROR_NET;
	case EMSGSIZE:
		return DNS_ERROR_SIZE;
	case ECONNRESET:
	case EPIPE:
		return DNS_ERROR_RESET;
	case EPERM:
	case EACCES:
		return DNS_ERROR_PROHIBITED;
	case ETIMEDOUT:
		return DNS_ERROR_TIMEOUT;
	case EPROTO:
		return DNS_ERROR_PROTOCOL;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		return DNS_ERROR_SOCKET;
	default:
		return DNS_ERROR_OTHER;
	}
}

// With a ring a socket only holds its port: nothing is queued at it.
static bool deafen(int fd)
{
	struct sock_filter code[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
	const struct sock_fprog program = { .len = 1, .filter = code };
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0;
}

static int bound(uint8_t family, uint16_t port)
{
	const int on = 1, buffer = SEND_BUFFER, whole = IP_PMTUDISC_DO;
	union socket_name any;
	socklen_t len = socket_name_of((struct addr){ .family = family }, port, &any);
	int fd = socket(any.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
	// Questions are small: with DF set the kernel draws no IP id for each.
	if (family == 4)
		(void)setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &whole, sizeof(whole));
	if (family == 6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, &any.any, len) != 0) {
		int sys = errno;
		fd_close(&fd);
		errno = sys;
	}
	return fd;
}

static void close_all(struct dns_ports *p)
{
	for (size_t f = 0; f < 2; f++)
		for (uint32_t i = 0; p->fds[f] != NULL && i < p->c.count; i++)
			fd_close(&p->fds[f][i]);
}

// All ports of the range from FIRST on, or none.
static bool bind_range(struct dns_ports *p, uint16_t first)
{
	for (uint32_t i = 0; i < p->c.count; i++)
		for (size_t f = 0; f < 2; f++) {
			if (p->fds[f] == NULL)
				continue;
			p->fds[f][i] = bound(f == 0 ? 4 : 6, (uint16_t)(first + i));
			if (p->fds[f][i] < 0) {
				int sys = errno;
				close_all(p);
				errno = sys;
				return false;
			}
		}
	p->first = first;
	return true;
}

static enum err bind_ports(struct dns_ports *p, struct fault *f)
{
	uint32_t span = RANGE_LAST - RANGE_FIRST - p->c.count;
	for (int i = 0; i < ATTEMPTS; i++) {
		uint16_t first = p->c.first;
		if (first == 0)
			first = (uint16_t)(RANGE_FIRST + random_u64() % span);
		if (bind_range(p, first))
			return ERR_OK;
		if (p->c.first != 0 || (errno != EADDRINUSE && errno != EACCES))
			break;
	}
	return fault_set(f, ERR_IO, errno, "%u source ports in a row: %s", p->c.count,
			 errno == EMFILE ? "raise the limit of open files (ulimit -n), or ask for "
					   "fewer with --ports"
					 : "none free; --sport names the first");
}

static enum err open_sockets(struct dns_ports *p, struct fault *f)
{
	const bool want[2] = { p->c.v4, p->c.v6 };
	for (size_t i = 0; i < 2; i++) {
		if (!want[i])
			continue;
		p->fds[i] = malloc(p->c.count * sizeof(int));
		if (p->fds[i] == NULL)
			return fault_set(f, ERR_MEMORY, 0, "no memory for ports");
		for (uint32_t n = 0; n < p->c.count; n++)
			p->fds[i][n] = -1;
	}
	return bind_ports(p, f);
}

static enum err open_ears(struct dns_ports *p, struct fault *f)
{
	enum err err = p->c.no_ring ? ERR_PERMIT : dns_rings_open(p, f);
	bool raw = err == ERR_OK;
	if (err == ERR_PERMIT)
		err = ERR_OK;
	for (size_t i = 0; i < 2; i++)
		for (uint32_t n = 0; p->fds[i] != NULL && n < p->c.count && err == ERR_OK; n++) {
			if (!raw)
				err = dns_plain_open(p, p->fds[i][n], i == 0 ? 4 : 6, f);
			else if (!deafen(p->fds[i][n]))
				err = fault_set(f, ERR_IO, errno, "socket filter");
		}
	return err;
}

enum err dns_ports_open(const struct dns_ports_config *c, struct dns_ports **out, struct fault *f)
{
	struct dns_ports *p = calloc(1, sizeof(*p));
	*out = p;
	if (p == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory for ports");
	p->c = *c;
	p->packets[0] = p->packets[1] = -1;
	p->epoll = epoll_create1(EPOLL_CLOEXEC);
	enum err err = p->epoll < 0 ? fault_set(f, ERR_IO, errno, "epoll") : open_sockets(p, f);
	if (err == ERR_OK)
		err = open_ears(p, f);
	if (err != ERR_OK)
		dns_ports_close(out);
	return err;
}

void dns_ports_close(struct dns_ports **out)
{
	struct dns_ports *p = *out;
	if (p == NULL)
		return;
	dns_rings_close(p);
	close_all(p);
	fd_close(&p->epoll);
	free(p->fds[0]);
	free(p->fds[1]);
	free(p);
	*out = NULL;
}

uint16_t dns_ports_first(const struct dns_ports *p)
{
	return p->first;
}

bool dns_ports_raw(const struct dns_ports *p)
{
	return p->rings[0] != NULL || p->rings[1] != NULL;
}

int dns_ports_fd(const struct dns_ports *p)
{
	return p->epoll;
}

void dns_ports_put(struct dns_ports *p, const struct dns_want *w)
{
	if (p->count == DNS_BATCH)
		dns_ports_flush(p, clock_mono());
	struct dns_letter *l = &p->letters[p->count++];
	l->handle = w->handle;
	l->port = w->port_index;
	l->ttl = w->ttl;
	l->len = (uint16_t)w->message.len;
	memcpy(l->bytes, w->message.at, w->message.len);
	(void)socket_name_of(w->to.addr, w->to.port, &l->to);
}

// A batch for one socket; what cannot be sent for want of room is tried again, what cannot be sent
// at all is an error of its try.
static void send_batch(struct dns_ports *p, int fd, uint32_t from, uint32_t count, struct mono now)
{
	uint32_t done = 0;
	for (int patience = 100; done < count;) {
		int n = sendmmsg(fd, p->messages + from + done, count - done, 0);
		if (n > 0) {
			done += (uint32_t)n;
			continue;
		}
		int sys = errno;
		if ((sys == EAGAIN || sys == ENOBUFS) && patience-- > 0) {
			usleep(1000);
			continue;
		}
		// A pending ICMP error of an earlier question is reported once, on this one.
		if (sys == ECONNREFUSED && patience-- > 0)
			continue;
		const struct dns_letter *l = &p->letters[p->order[from + done]];
		p->c.failed(p->c.self, now, l->handle, dns_error_of(sys));
		done++;
	}
}

static int socket_of(const struct dns_ports *p, const struct dns_letter *l)
{
	return p->fds[l->to.any.sa_family == AF_INET ? 0 : 1][l->port];
}

// A letter with an IP TTL of its own.
static void set_ttl(struct msghdr *m, struct dns_letter *l)
{
	const int ttl = l->ttl;
	bool four = l->to.any.sa_family == AF_INET;
	m->msg_control = l->control;
	m->msg_controllen = sizeof(l->control);
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	c->cmsg_level = four ? IPPROTO_IP : IPPROTO_IPV6;
	c->cmsg_type = four ? IP_TTL : IPV6_HOPLIMIT;
	c->cmsg_len = CMSG_LEN(sizeof(ttl));
	memcpy(CMSG_DATA(c), &ttl, sizeof(ttl));
}

// Letters that leave from one socket are put together, in their order.
void dns_ports_flush(struct dns_ports *p, struct mono now)
{
	uint32_t put = 0, count = p->count;
	bool gone[DNS_BATCH] = { false };
	p->count = 0;
	for (uint32_t i = 0; i < count; i++) {
		if (gone[i])
			continue;
		uint32_t begin = put;
		int fd = socket_of(p, &p->letters[i]);
		for (uint32_t j = i; j < count; j++) {
			struct dns_letter *l = &p->letters[j];
			if (gone[j] || socket_of(p, l) != fd)
				continue;
			gone[j] = true;
			p->order[put] = (uint16_t)j;
			p->parts[j] = (struct iovec){ l->bytes, l->len };
			p->messages[put++].msg_hdr = (struct msghdr){
				.msg_name = &l->to,
				.msg_namelen = socket_name_len(&l->to),
				.msg_iov = &p->parts[j],
				.msg_iovlen = 1,
			};
			if (l->ttl != 0)
				set_ttl(&p->messages[put - 1].msg_hdr, l);
		}
		send_batch(p, fd, begin, put - begin, now);
	}
}

void dns_ports_take(struct dns_ports *p)
{
	if (dns_ports_raw(p))
		dns_rings_take(p);
	else
		dns_plain_take(p);
}

uint64_t dns_ports_drops(struct dns_ports *p)
{
	if (dns_ports_raw(p))
		p->drops += dns_rings_drops(p);
	return p->drops;
}
