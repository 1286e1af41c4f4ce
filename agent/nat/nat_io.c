// SPDX-License-Identifier: Apache-2.0
#include "nat/nat_io.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define ROOM   65536
#define QUEUED (4 << 20) // bytes of events that may wait in the kernel

struct nat_io {
	struct mnl_socket *socket;
	char name[32];
	uint64_t lost;
	nat_event_fn *fn; // of the nat_io_read under way
	void *self;
	uint8_t room[ROOM];
};

static enum err join(struct nat_io *n, struct fault *f)
{
	int groups[] = { NFNLGRP_CONNTRACK_NEW, NFNLGRP_CONNTRACK_DESTROY };
	int queued = QUEUED, fd = mnl_socket_get_fd(n->socket);
	// By force, and where that is not allowed, as far as the machine lets anybody.
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &queued, sizeof(queued)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &queued, sizeof(queued));
	int rc = mnl_socket_bind(n->socket, 0, MNL_SOCKET_AUTOPID);
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]) && rc == 0; i++)
		rc = mnl_socket_setsockopt(n->socket, NETLINK_ADD_MEMBERSHIP, &groups[i],
					   sizeof(groups[i]));
	if (rc == 0)
		return ERR_OK;
	return fault_set(f, errno == EPERM ? ERR_PERMIT : ERR_IO, errno,
			 "%s: cannot follow connections", n->name);
}

enum err nat_io_open(const char *name, struct nat_io **out, struct fault *f)
{
	struct nat_io *n = calloc(1, sizeof(*n));
	*out = n;
	if (n == NULL)
		return fault_set(f, ERR_MEMORY, 0, "%s: no memory to follow connections", name);
	strncpy(n->name, name, sizeof(n->name) - 1);
	n->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC | SOCK_NONBLOCK);
	enum err err = n->socket == NULL ? fault_set(f, ERR_UNSUPPORTED, errno,
						     "%s: no netlink of netfilter", n->name)
					 : join(n, f);
	if (err != ERR_OK)
		nat_io_close(out);
	return err;
}

void nat_io_close(struct nat_io **out)
{
	struct nat_io *n = *out;
	if (n == NULL)
		return;
	if (n->socket != NULL)
		mnl_socket_close(n->socket);
	free(n);
	*out = NULL;
}

int nat_io_fd(const struct nat_io *n)
{
	return mnl_socket_get_fd(n->socket);
}

static void hear(struct nat_io *n, size_t len)
{
	struct nat_event e;
	int left = (int)len;
	for (const struct nlmsghdr *h = (const struct nlmsghdr *)(const void *)n->room;
	     mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left)) {
		struct span message =
			span_of(mnl_nlmsg_get_payload(h), mnl_nlmsg_get_payload_len(h));
		if (nat_event_read(h->nlmsg_type, message, &e) == ERR_OK)
			n->fn(n->self, &e);
	}
}

// All that stands: the answers come like events.
static void ask(struct nat_io *n)
{
	uint8_t room[128];
	struct nlmsghdr *h = mnl_nlmsg_put_header(room);
	h->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	struct nfgenmsg *g = mnl_nlmsg_put_extra_header(h, sizeof(*g));
	*g = (struct nfgenmsg){ .nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0 };
	(void)!mnl_socket_sendto(n->socket, h, h->nlmsg_len);
}

enum err nat_io_read(struct nat_io *n, nat_event_fn *fn, void *self, struct fault *f)
{
	n->fn = fn;
	n->self = self;
	for (;;) {
		ssize_t len = mnl_socket_recvfrom(n->socket, n->room, sizeof(n->room));
		if (len > 0) {
			hear(n, (size_t)len);
		} else if (errno == ENOBUFS) {
			n->lost++;
			ask(n);
		} else if (len == 0 || errno == EAGAIN || errno == EWOULDBLOCK) {
			return ERR_OK;
		} else if (errno != EINTR && errno != ENOSPC) {
			return fault_set(f, ERR_IO, errno, "%s: following connections failed",
					 n->name);
		}
	}
}

uint64_t nat_io_lost(const struct nat_io *n)
{
	return n->lost;
}
