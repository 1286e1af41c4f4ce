// SPDX-License-Identifier: Apache-2.0
//
// Packets to our ports, read with their IP headers from a receive ring.
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/epoll.h>

#include "dns/ports_part_io.h"
#include "sys/fd.h"
#include "wire/icmp.h"
#include "wire/udp.h"

#define KEEP_BYTES        65535
#define BLOCKS_A_TURN     32

#define STMT(code, k)     BPF_STMT(code, k)
#define IF_EQUAL(v, t, f) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, v, t, f)
#define IF_ANY(v, t, f)   BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, v, t, f)
#define IF_BELOW(v, t, f) BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, v, f, t)
#define IF_ABOVE(v, t, f) BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, v, t, f)

static bool attach(int fd, struct sock_filter *code, unsigned short len)
{
	const struct sock_fprog program = { .len = len, .filter = code };
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0;
}

// UDP to our ports, first fragments included; ICMP errors.
static bool filter4(int fd, uint32_t first, uint32_t last)
{
	struct sock_filter code[] = {
		STMT(BPF_LD | BPF_H | BPF_ABS, 6),
		IF_ANY(0x1fff, 12, 0),
		STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		STMT(BPF_LD | BPF_B | BPF_ABS, 9),
		IF_EQUAL(IP_UDP, 0, 3),
		STMT(BPF_LD | BPF_H | BPF_IND, 2),
		IF_BELOW(first, 7, 0),
		IF_ABOVE(last, 6, 5),
		IF_EQUAL(IP_ICMP, 0, 5),
		STMT(BPF_LD | BPF_B | BPF_IND, 0),
		IF_EQUAL(3, 2, 0),
		IF_EQUAL(11, 1, 0),
		IF_EQUAL(12, 0, 1),
		STMT(BPF_RET | BPF_K, KEEP_BYTES),
		STMT(BPF_RET | BPF_K, 0),
	};
	return attach(fd, code, COUNT(code));
}

static bool filter6(int fd, uint32_t first, uint32_t last)
{
	struct sock_filter code[] = {
		STMT(BPF_LD | BPF_B | BPF_ABS, 6),
		IF_EQUAL(IP_UDP, 0, 3),
		STMT(BPF_LD | BPF_H | BPF_ABS, IP6_HEAD + 2),
		IF_BELOW(first, 6, 0),
		IF_ABOVE(last, 5, 4),
		IF_EQUAL(IP_ICMP6, 0, 4),
		STMT(BPF_LD | BPF_B | BPF_ABS, IP6_HEAD),
		IF_BELOW(1, 2, 0),
		IF_ABOVE(4, 1, 0),
		STMT(BPF_RET | BPF_K, KEEP_BYTES),
		STMT(BPF_RET | BPF_K, 0),
	};
	return attach(fd, code, COUNT(code));
}

static enum err open_one(struct dns_ports *p, size_t i, struct fault *f)
{
	const int on = 1;
	const uint32_t last = p->first + p->c.count - 1;
	const struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(i == 0 ? ETH_P_IP : ETH_P_IPV6),
	};
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 && (errno == EPERM || errno == EACCES))
		return ERR_PERMIT;
	if (fd < 0)
		return fault_set(f, ERR_IO, errno, "packet socket for answers");
	p->packets[i] = fd;
	bool ok = i == 0 ? filter4(fd, p->first, last) : filter6(fd, p->first, last);
	// On a loopback interface every packet would be shown twice.
	(void)setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on));
	(void)setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	if (!ok)
		return fault_set(f, ERR_IO, errno, "packet filter for answers");
	enum err err = trace_ring_open(fd, p->c.ring, &p->rings[i], f);
	if (err != ERR_OK)
		return err;
	if (bind(fd, (const struct sockaddr *)&at, sizeof(at)) != 0)
		return fault_set(f, ERR_IO, errno, "packet socket for answers");
	struct epoll_event e = { .events = EPOLLIN };
	if (epoll_ctl(p->epoll, EPOLL_CTL_ADD, fd, &e) != 0)
		return fault_set(f, ERR_IO, errno, "epoll");
	return ERR_OK;
}

enum err dns_rings_open(struct dns_ports *p, struct fault *f)
{
	enum err err = ERR_OK;
	for (size_t i = 0; i < 2 && err == ERR_OK; i++)
		if (p->fds[i] != NULL)
			err = open_one(p, i, f);
	if (err != ERR_OK)
		dns_rings_close(p);
	return err;
}

void dns_rings_close(struct dns_ports *p)
{
	for (size_t i = 0; i < 2; i++) {
		trace_ring_close(&p->rings[i]);
		fd_close(&p->packets[i]);
	}
}

static enum dns_error icmp_error(uint8_t family, const struct icmp *m)
{
	if (m->kind == ICMP_TIME_EXCEEDED)
		return DNS_ERROR_TTL;
	if (m->kind == ICMP_TOO_BIG)
		return DNS_ERROR_SIZE;
	if (m->kind != ICMP_UNREACHABLE)
		return DNS_ERROR_PROTOCOL;
	if (m->code == (family == 4 ? 3 : 4))
		return DNS_ERROR_REFUSED;
	if (family == 4 && (m->code == 9 || m->code == 10 || m->code == 13))
		return DNS_ERROR_PROHIBITED;
	if (family == 6 && m->code == 1)
		return DNS_ERROR_PROHIBITED;
	return m->code == 0 ? DNS_ERROR_NET : DNS_ERROR_HOST;
}

// An ICMP error that quotes a question of ours down to its message id.
static void hear_icmp(struct dns_ports *p, const struct ip_head *ip, struct mono rx)
{
	struct icmp m;
	if (icmp_read(ip->src.family, ip->payload, &m) != ERR_OK || !m.quotes ||
	    m.quote.proto != IP_UDP || m.quote.payload.len < UDP_HEAD + 2)
		return;
	struct rd r = rd_of(m.quote.payload);
	uint16_t sport = rd_u16(&r);
	rd_skip(&r, 6);
	const struct dns_icmp out = {
		.port_index = (uint32_t)sport - p->first,
		.id = rd_u16(&r),
		.asked = m.quote.dst,
		.from = ip->src,
		.ttl = ip->ttl,
		.type = m.type,
		.code = m.code,
		.error = icmp_error(ip->src.family, &m),
		.message = ip->payload,
	};
	if (sport >= p->first && out.port_index < p->c.count)
		p->c.icmp(p->c.self, rx, &out);
}

static void hear_packet(void *self, struct span packet, struct mono rx)
{
	struct dns_ports *p = self;
	struct ip_head ip;
	struct udp_head udp;
	if (ip_read(packet, &ip) != ERR_OK || ip.frag_at != 0)
		return;
	if (ip.proto == IP_ICMP || ip.proto == IP_ICMP6) {
		hear_icmp(p, &ip, rx);
		return;
	}
	enum err err = udp_read(ip.payload, &udp);
	if (ip.proto != IP_UDP || (err != ERR_OK && err != ERR_SHORT))
		return;
	const struct dns_heard h = {
		.port_index = (uint32_t)udp.dport - p->first,
		.from = ip.src,
		.from_port = udp.sport,
		.ttl = ip.ttl,
		.ip_id = ip.src.family == 4 ? 1 + (ip.id & 0xffff) : 0,
		.dont_fragment = ip.frag_never,
		.cut = ip.frag_more || udp.payload.len + UDP_HEAD < udp.len,
		.message = udp.payload,
	};
	if (udp.dport >= p->first && h.port_index < p->c.count)
		p->c.heard(p->c.self, rx, &h);
}

void dns_rings_take(struct dns_ports *p)
{
	for (size_t i = 0; i < 2; i++)
		if (p->rings[i] != NULL)
			trace_ring_take(p->rings[i], BLOCKS_A_TURN, hear_packet, p);
}

uint64_t dns_rings_drops(struct dns_ports *p)
{
	uint64_t drops = 0;
	for (size_t i = 0; i < 2; i++) {
		struct tpacket_stats_v3 stats = { 0 };
		socklen_t len = sizeof(stats);
		// Reading it sets it to zero.
		if (p->packets[i] >= 0 &&
		    getsockopt(p->packets[i], SOL_PACKET, PACKET_STATISTICS, &stats, &len) == 0)
			drops += stats.tp_drops;
	}
	return drops;
}
