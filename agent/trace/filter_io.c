// SPDX-License-Identifier: Apache-2.0
#include "trace/filter_io.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/macro.h"
#include "sys/fd.h"
#include "wire/ip.h"
#include "wire/tcp.h"

#define BACKLOG_NS          (20 * NS_PER_MS) // between two looks at it
#define ACCEPT              2048             // bytes kept of a packet: more than any ICMP error has

#define LOAD_BYTE(at)       BPF_STMT(BPF_LD | BPF_B | BPF_ABS, at)
#define LOAD_HALF(at)       BPF_STMT(BPF_LD | BPF_H | BPF_ABS, at)
#define LOAD_BYTE_AFTER(at) BPF_STMT(BPF_LD | BPF_B | BPF_IND, at)
#define LOAD_HALF_AFTER(at) BPF_STMT(BPF_LD | BPF_H | BPF_IND, at)
#define IF_EQUAL(v, t, f)   BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, v, t, f)
#define IF_BELOW(v, t, f)   BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, v, f, t)
#define IF_ABOVE(v, t, f)   BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, v, t, f)
#define IF_ANY(v, t, f)     BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, v, t, f)
#define KEEP                BPF_STMT(BPF_RET | BPF_K, ACCEPT)
#define DROP                BPF_STMT(BPF_RET | BPF_K, 0)

#define SYN_ACK             (TCP_SYN | TCP_ACK)

static enum err attach(int fd, struct sock_filter *code, unsigned short len, struct fault *f)
{
	const struct sock_fprog program = { .len = len, .filter = code };
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) != 0)
		return fault_set(f, ERR_IO, errno, "packet filter for trace answers");
	return ERR_OK;
}

static enum err filter4(int fd, uint16_t first, uint16_t last, struct fault *f)
{
	struct sock_filter code[] = {
		LOAD_HALF(6),
		IF_ANY(0x1fff, 21, 0), // not the first fragment
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		LOAD_BYTE(9),
		IF_EQUAL(IP_ICMP, 0, 4),
		LOAD_BYTE_AFTER(0),
		IF_EQUAL(0, 17, 0),
		IF_EQUAL(3, 16, 0),
		IF_EQUAL(11, 15, 14),
		IF_EQUAL(IP_UDP, 8, 0),
		IF_EQUAL(IP_TCP, 0, 12),
		LOAD_HALF_AFTER(2),
		IF_BELOW(first, 10, 0),
		IF_ABOVE(last, 9, 0),
		LOAD_BYTE_AFTER(13),
		IF_ANY(TCP_RST, 8, 0),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, SYN_ACK),
		IF_EQUAL(SYN_ACK, 6, 5),
		LOAD_HALF_AFTER(2), // UDP
		IF_BELOW(first, 3, 0),
		IF_ABOVE(last, 2, 3),
		DROP,
		DROP,
		DROP,
		KEEP,
	};
	return attach(fd, code, COUNT(code), f);
}

static enum err filter6(int fd, uint16_t first, uint16_t last, struct fault *f)
{
	struct sock_filter code[] = {
		LOAD_BYTE(6),
		IF_EQUAL(IP_ICMP6, 0, 5),
		LOAD_BYTE(IP6_HEAD),
		IF_EQUAL(1, 16, 0),
		IF_EQUAL(2, 15, 0),
		IF_EQUAL(3, 14, 0),
		IF_EQUAL(129, 13, 12),
		IF_EQUAL(IP_UDP, 8, 0),
		IF_EQUAL(IP_TCP, 0, 10),
		LOAD_HALF(IP6_HEAD + 2),
		IF_BELOW(first, 8, 0),
		IF_ABOVE(last, 7, 0),
		LOAD_BYTE(IP6_HEAD + 13),
		IF_ANY(TCP_RST, 6, 0),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, SYN_ACK),
		IF_EQUAL(SYN_ACK, 4, 3),
		LOAD_HALF(IP6_HEAD + 2), // UDP
		IF_BELOW(first, 1, 0),
		IF_ABOVE(last, 0, 1),
		DROP,
		KEEP,
	};
	return attach(fd, code, COUNT(code), f);
}

static enum err set_up(int fd, uint8_t family, uint16_t first, uint16_t last, int buffer,
		       struct fault *f)
{
	const int on = 1;
	// FORCE passes net.core.rmem_max and needs CAP_NET_ADMIN; without it take what is given.
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
	if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) != 0)
		return fault_set(f, ERR_IO, errno, "kernel receive times");
	return family == 4 ? filter4(fd, first, last, f) : filter6(fd, first, last, f);
}

enum err trace_filter_bind(int fd, uint8_t family, struct fault *f)
{
	const struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(family == 4 ? ETH_P_IP : ETH_P_IPV6),
	};
	if (bind(fd, (const struct sockaddr *)&at, sizeof(at)) != 0)
		return fault_set(f, ERR_IO, errno, "packet socket for trace answers");
	return ERR_OK;
}

enum err trace_filter_open(uint8_t family, uint16_t sport_first, uint16_t sport_count,
			   int receive_buffer, int *out, struct fault *f)
{
	AUTO(fd_close) int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fault_set(f, errno == EPERM ? ERR_PERMIT : ERR_IO, errno,
				 "tracing needs packet sockets: run as root, or give the program "
				 "CAP_NET_RAW once (setcap cap_net_raw+ep PROGRAM)");
	uint16_t last = (uint16_t)(sport_first + (sport_count - 1));
	enum err err = set_up(fd, family, sport_first, last, receive_buffer, f);
	if (err != ERR_OK)
		return err;
	*out = fd;
	fd = -1;
	return ERR_OK;
}

uint64_t trace_filter_drops(int fd)
{
	struct tpacket_stats stats = { 0 };
	socklen_t len = sizeof(stats);
	// Reading it sets it to zero.
	if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len) != 0)
		return 0;
	return stats.tp_drops;
}

// A line for each processor; the second number, in hex, counts what was dropped.
static uint64_t backlog_sum(int fd)
{
	char text[8192];
	uint64_t sum = 0;
	ssize_t n = fd < 0 ? -1 : pread(fd, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	for (const char *line = text; *line != '\0'; line++) {
		const char *second = strchr(line, ' ');
		sum += second == NULL ? 0 : strtoull(second, NULL, 16);
		line = strchr(line, '\n');
		if (line == NULL)
			break;
	}
	return sum;
}

void trace_backlog_open(struct trace_backlog *b)
{
	b->fd = open("/proc/net/softnet_stat", O_RDONLY | O_CLOEXEC);
	b->due = (struct mono){ INT64_MIN };
	trace_backlog_forget(b);
}

void trace_backlog_close(struct trace_backlog *b)
{
	fd_close(&b->fd);
}

uint64_t trace_backlog_drops(struct trace_backlog *b, struct mono now)
{
	uint64_t before = b->seen;
	if (mono_before(now, b->due))
		return 0;
	b->due = mono_add(now, BACKLOG_NS);
	b->seen = backlog_sum(b->fd);
	return b->seen - before;
}

void trace_backlog_forget(struct trace_backlog *b)
{
	b->seen = backlog_sum(b->fd);
}
