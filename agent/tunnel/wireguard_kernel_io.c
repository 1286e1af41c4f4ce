// SPDX-License-Identifier: Apache-2.0
//
// The kernel's module: rtnetlink makes the interface, the generic netlink family "wireguard"
// (linux/wireguard.h, which documents each attribute) configures it.
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/wireguard.h>
#include <net/if.h>
#include <string.h>

#include "sys/socket_name.h"
#include "tunnel/wireguard.h"

#define MESSAGE_ROOM 8192 // one peer with WIREGUARD_ALLOWED addresses takes some 700 bytes

struct talk {
	struct mnl_socket *socket;
	uint8_t room[MESSAGE_ROOM];
};

static void talk_close(struct talk *t)
{
	if (t->socket != NULL)
		mnl_socket_close(t->socket);
	explicit_bzero(t, sizeof(*t)); // keys went through it
}

static enum err talk_open(struct talk *t, int bus, struct fault *f)
{
	t->socket = mnl_socket_open2(bus, SOCK_CLOEXEC);
	if (t->socket == NULL || mnl_socket_bind(t->socket, 0, MNL_SOCKET_AUTOPID) != 0)
		return fault_set(f, ERR_IO, errno, "netlink socket");
	return ERR_OK;
}

// Sends MESSAGE and feeds the answers to FN until acknowledged. -1 and errno when refused.
static int talk_run(struct talk *t, const struct nlmsghdr *message, mnl_cb_t fn, void *self)
{
	unsigned int seq = message->nlmsg_seq, port = mnl_socket_get_portid(t->socket);
	int more = 1;
	if (mnl_socket_sendto(t->socket, message, message->nlmsg_len) < 0)
		return -1;
	while (more > 0) {
		ssize_t n = mnl_socket_recvfrom(t->socket, t->room, sizeof(t->room));
		if (n < 0)
			return -1;
		more = mnl_cb_run(t->room, (size_t)n, seq, port, fn, self);
	}
	return more;
}

static struct nlmsghdr *message_start(struct talk *t, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(t->room);
	h->nlmsg_type = type;
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	h->nlmsg_seq = 1;
	return h;
}

static int link_change(const char *name, uint16_t type, uint16_t flags)
{
	struct talk t = { 0 };
	int rc = -1;
	if (talk_open(&t, NETLINK_ROUTE, NULL) == ERR_OK) {
		struct nlmsghdr *h = message_start(&t, type, (uint16_t)(flags | NLM_F_ACK));
		struct ifinfomsg *i = mnl_nlmsg_put_extra_header(h, sizeof(*i));
		i->ifi_family = AF_UNSPEC;
		mnl_attr_put_strz(h, IFLA_IFNAME, name);
		struct nlattr *info = mnl_attr_nest_start(h, IFLA_LINKINFO);
		mnl_attr_put_strz(h, IFLA_INFO_KIND, "wireguard");
		mnl_attr_nest_end(h, info);
		rc = talk_run(&t, h, NULL, NULL);
	}
	int sys = errno;
	talk_close(&t);
	errno = sys;
	return rc;
}

static enum err kernel_open(const char *name, pid_t *pid, struct fault *f)
{
	*pid = 0;
	if (link_change(name, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL) >= 0)
		return ERR_OK;
	return fault_set(f,
			 errno == EOPNOTSUPP ? ERR_UNSUPPORTED
			 : errno == EPERM    ? ERR_PERMIT
			 : errno == EEXIST   ? ERR_EXISTS
					     : ERR_IO,
			 errno, "cannot make WireGuard interface %s", name);
}

static void kernel_close(const char *name, pid_t pid)
{
	(void)pid;
	(void)link_change(name, RTM_DELLINK, 0);
}

static int hear_family_part(const struct nlattr *a, void *self)
{
	uint16_t *id = self;
	if (mnl_attr_get_type(a) == CTRL_ATTR_FAMILY_ID && mnl_attr_validate(a, MNL_TYPE_U16) >= 0)
		*id = mnl_attr_get_u16(a);
	return MNL_CB_OK;
}

static int hear_family(const struct nlmsghdr *h, void *self)
{
	return mnl_attr_parse(h, sizeof(struct genlmsghdr), hear_family_part, self);
}

static struct nlmsghdr *generic_start(struct talk *t, uint16_t type, uint16_t flags,
				      uint8_t command, uint8_t version)
{
	struct nlmsghdr *h = message_start(t, type, flags);
	struct genlmsghdr *g = mnl_nlmsg_put_extra_header(h, sizeof(*g));
	g->cmd = command;
	g->version = version;
	return h;
}

// Opens T on generic netlink and learns the number of the family.
static enum err family_open(struct talk *t, uint16_t *id, struct fault *f)
{
	enum err err = talk_open(t, NETLINK_GENERIC, f);
	if (err != ERR_OK)
		return err;
	struct nlmsghdr *h = generic_start(t, GENL_ID_CTRL, NLM_F_ACK, CTRL_CMD_GETFAMILY, 1);
	mnl_attr_put_strz(h, CTRL_ATTR_FAMILY_NAME, WG_GENL_NAME);
	*id = 0;
	if (talk_run(t, h, hear_family, id) < 0 || *id == 0)
		return fault_set(f, ERR_UNSUPPORTED, errno, "this kernel has no WireGuard");
	return ERR_OK;
}

static void put_address(struct nlmsghdr *h, uint16_t type, struct addr a)
{
	mnl_attr_put(h, type, a.family == 4 ? 4 : 16, a.bytes);
}

static void put_endpoint(struct nlmsghdr *h, struct addr a, uint16_t port)
{
	union socket_name name;
	if (a.family != 0)
		mnl_attr_put(h, WGPEER_A_ENDPOINT, socket_name_of(a, port, &name), &name);
}

static void put_allowed(struct nlmsghdr *h, const struct wireguard_config *c)
{
	struct nlattr *list = mnl_attr_nest_start(h, WGPEER_A_ALLOWEDIPS);
	for (size_t i = 0; i < c->allowed_count; i++) {
		struct nlattr *one = mnl_attr_nest_start(h, (uint16_t)i);
		mnl_attr_put_u16(h, WGALLOWEDIP_A_FAMILY,
				 c->allowed[i].addr.family == 4 ? AF_INET : AF_INET6);
		put_address(h, WGALLOWEDIP_A_IPADDR, c->allowed[i].addr);
		mnl_attr_put_u8(h, WGALLOWEDIP_A_CIDR_MASK, c->allowed[i].bits);
		mnl_attr_nest_end(h, one);
	}
	mnl_attr_nest_end(h, list);
}

static void put_peer(struct nlmsghdr *h, const struct wireguard_config *c)
{
	struct nlattr *list = mnl_attr_nest_start(h, WGDEVICE_A_PEERS);
	struct nlattr *one = mnl_attr_nest_start(h, 0);
	mnl_attr_put(h, WGPEER_A_PUBLIC_KEY, TUNNEL_KEY, c->peer_key);
	mnl_attr_put_u32(h, WGPEER_A_FLAGS, WGPEER_F_REPLACE_ALLOWEDIPS);
	put_endpoint(h, c->endpoint, c->endpoint_port);
	mnl_attr_put_u16(h, WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL, c->keepalive_s);
	put_allowed(h, c);
	mnl_attr_nest_end(h, one);
	mnl_attr_nest_end(h, list);
}

static enum err kernel_set(const struct wireguard_config *c, struct fault *f)
{
	struct talk t = { 0 };
	uint16_t id;
	enum err err = family_open(&t, &id, f);
	if (err == ERR_OK) {
		struct nlmsghdr *h =
			generic_start(&t, id, NLM_F_ACK, WG_CMD_SET_DEVICE, WG_GENL_VERSION);
		mnl_attr_put_strz(h, WGDEVICE_A_IFNAME, c->name);
		mnl_attr_put_u32(h, WGDEVICE_A_FLAGS, WGDEVICE_F_REPLACE_PEERS);
		mnl_attr_put(h, WGDEVICE_A_PRIVATE_KEY, TUNNEL_KEY, c->private_key);
		if (c->listen_port != 0)
			mnl_attr_put_u16(h, WGDEVICE_A_LISTEN_PORT, c->listen_port);
		put_peer(h, c);
		if (talk_run(&t, h, NULL, NULL) < 0)
			err = fault_set(f, ERR_IO, errno, "tunnel %s: the kernel refuses%s",
					c->name,
					errno == EADDRINUSE ? ": the UDP port is in use" : "");
	}
	talk_close(&t);
	return err;
}

static void hear_endpoint(const struct nlattr *a, struct wireguard_state *s)
{
	union socket_name name = { 0 };
	uint16_t len = mnl_attr_get_payload_len(a);
	if (len != sizeof(name.in4) && len != sizeof(name.in6))
		return;
	memcpy(&name, mnl_attr_get_payload(a), len);
	s->endpoint = socket_name_addr(&name, &s->endpoint_port);
}

static int hear_peer(const struct nlattr *a, void *self)
{
	struct wireguard_state *s = self;
	int64_t when[2]; // struct __kernel_timespec
	uint16_t len = mnl_attr_get_payload_len(a);
	switch (mnl_attr_get_type(a)) {
	case WGPEER_A_ENDPOINT:
		hear_endpoint(a, s);
		break;
	case WGPEER_A_LAST_HANDSHAKE_TIME:
		if (len != sizeof(when))
			break;
		memcpy(when, mnl_attr_get_payload(a), len);
		s->handshake.ns = when[0] * NS_PER_S + when[1];
		break;
	case WGPEER_A_RX_BYTES:
		s->rx_bytes = len == sizeof(uint64_t) ? mnl_attr_get_u64(a) : 0;
		break;
	case WGPEER_A_TX_BYTES:
		s->tx_bytes = len == sizeof(uint64_t) ? mnl_attr_get_u64(a) : 0;
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

static int hear_peers(const struct nlattr *a, void *self)
{
	return mnl_attr_parse_nested(a, hear_peer, self);
}

static int hear_device(const struct nlattr *a, void *self)
{
	struct wireguard_state *s = self;
	if (mnl_attr_get_type(a) == WGDEVICE_A_LISTEN_PORT &&
	    mnl_attr_validate(a, MNL_TYPE_U16) >= 0)
		s->listen_port = mnl_attr_get_u16(a);
	if (mnl_attr_get_type(a) == WGDEVICE_A_PEERS)
		return mnl_attr_parse_nested(a, hear_peers, s);
	return MNL_CB_OK;
}

static int hear_message(const struct nlmsghdr *h, void *self)
{
	return mnl_attr_parse(h, sizeof(struct genlmsghdr), hear_device, self);
}

static enum err kernel_state(const char *name, struct wireguard_state *out, struct fault *f)
{
	struct talk t = { 0 };
	uint16_t id;
	*out = (struct wireguard_state){ 0 };
	enum err err = family_open(&t, &id, f);
	if (err == ERR_OK) {
		struct nlmsghdr *h =
			generic_start(&t, id, NLM_F_DUMP, WG_CMD_GET_DEVICE, WG_GENL_VERSION);
		mnl_attr_put_strz(h, WGDEVICE_A_IFNAME, name);
		if (talk_run(&t, h, hear_message, out) < 0)
			err = fault_set(f, errno == ENODEV ? ERR_MISSING : ERR_IO, errno,
					"tunnel %s: cannot be asked", name);
	}
	talk_close(&t);
	return err;
}

const struct wireguard_backend wireguard_kernel = {
	.name = "kernel",
	.open = kernel_open,
	.set = kernel_set,
	.state = kernel_state,
	.close = kernel_close,
};
