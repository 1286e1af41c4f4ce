// SPDX-License-Identifier: Apache-2.0
#include "trace/near_io.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/fib_rules.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/macro.h"
#include "sys/fd.h"

#define KNOWN       1024  // networks remembered, by hash
#define PARTED_MAX  256   // networks that are always asked for
#define ROUTES_MAX  65536 // bytes of the routing table as text; a longer one is not looked through
#define USUAL_RULES 3     // local, main, default
#define GOOD_NS     NS_PER_S

struct known {
	uint32_t net; // the /24 without its last byte; 0: none
	struct addr src;
};

struct trace_near {
	struct mono good_until;
	bool usable;
	uint32_t parted[PARTED_MAX];
	size_t parted_count;
	struct known known[KNOWN];
};

struct trace_near *trace_near_new(void)
{
	return calloc(1, sizeof(struct trace_near));
}

void trace_near_free(struct trace_near **n)
{
	free(*n);
	*n = NULL;
}

static void part(struct trace_near *n, uint32_t addr)
{
	if (n->parted_count == PARTED_MAX)
		n->usable = false;
	else
		n->parted[n->parted_count++] = addr >> 8;
}

// A line: interface, destination, gateway, flags, three counts, mask; numbers as they lie in
// memory.
static void read_routes(struct trace_near *n)
{
	static const char path[] = "/proc/thread-self/net/route";
	char text[ROUTES_MAX];
	size_t len = 0;
	AUTO(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	for (ssize_t got = 1; fd >= 0 && got > 0 && len < sizeof(text) - 1; len += (size_t)got) {
		got = read(fd, text + len, sizeof(text) - 1 - len);
		got = got < 0 ? 0 : got;
	}
	n->usable = n->usable && len > 0 && len < sizeof(text) - 1;
	text[len] = '\0';
	for (const char *line = strchr(text, '\n'); n->usable && line != NULL && line[1] != '\0';
	     line = strchr(line + 1, '\n')) {
		unsigned dst, mask;
		if (sscanf(line + 1, "%*s %x %*x %*x %*d %*d %*d %x", &dst, &mask) != 2)
			n->usable = false;
		else if ((ntohl(mask) & 0xff) != 0)
			part(n, ntohl(dst));
	}
}

static void read_own(struct trace_near *n)
{
	struct ifaddrs *list = NULL;
	if (getifaddrs(&list) != 0)
		n->usable = false;
	for (const struct ifaddrs *i = list; i != NULL; i = i->ifa_next)
		if (i->ifa_addr != NULL && i->ifa_addr->sa_family == AF_INET)
			part(n, ntohl(((const struct sockaddr_in *)(const void *)i->ifa_addr)
					      ->sin_addr.s_addr));
	freeifaddrs(list);
}

// How many rules of this kind of answer are in LEN bytes; *DONE with the last of them.
static size_t rules_in(const uint8_t *bytes, size_t len, bool *done)
{
	size_t count = 0;
	for (size_t at = 0; len - at >= sizeof(struct nlmsghdr);) {
		struct nlmsghdr h;
		memcpy(&h, bytes + at, sizeof(h));
		if (h.nlmsg_len < sizeof(h) || h.nlmsg_len > len - at)
			break;
		count += h.nlmsg_type == RTM_NEWRULE;
		*done = *done || h.nlmsg_type == NLMSG_DONE || h.nlmsg_type == NLMSG_ERROR;
		size_t step = NLMSG_ALIGN(h.nlmsg_len);
		at = step < len - at ? at + step : len;
	}
	return count;
}

static size_t count_rules(void)
{
	const struct {
		struct nlmsghdr head;
		struct fib_rule_hdr rule;
	} ask = { { sizeof(ask), RTM_GETRULE, NLM_F_REQUEST | NLM_F_DUMP, 1, 0 },
		  { .family = AF_INET } };
	const struct timeval patience = { .tv_sec = 1 };
	uint8_t answer[8192];
	size_t count = 0;
	AUTO(fd_close) int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0 ||
	    send(fd, &ask, sizeof(ask), 0) != (ssize_t)sizeof(ask))
		return 0;
	for (bool done = false; !done;) {
		ssize_t got = recv(fd, answer, sizeof(answer), 0);
		if (got <= 0)
			return 0;
		count += rules_in(answer, (size_t)got, &done);
	}
	return count;
}

static void look(struct trace_near *n, struct mono now)
{
	memset(n->known, 0, sizeof(n->known));
	n->parted_count = 0;
	n->usable = count_rules() == USUAL_RULES;
	if (n->usable)
		read_own(n);
	if (n->usable)
		read_routes(n);
	n->good_until = mono_add(now, GOOD_NS);
}

static bool is_parted(const struct trace_near *n, uint32_t net)
{
	for (size_t i = 0; i < n->parted_count; i++)
		if (n->parted[i] == net)
			return true;
	return false;
}

struct addr trace_near_find(struct trace_near *n, struct trace_source *s, struct mono now,
			    struct addr dst)
{
	if (dst.family != 4)
		return trace_source_find(s, dst);
	if (!mono_before(now, n->good_until))
		look(n, now);
	uint32_t net = addr_to_v4(dst) >> 8;
	struct known *k = &n->known[net * 2654435761u >> 22];
	if (!n->usable || net == 0 || is_parted(n, net))
		return trace_source_find(s, dst);
	if (k->net != net) {
		k->src = trace_source_find(s, dst);
		k->net = net;
	}
	return k->src;
}
