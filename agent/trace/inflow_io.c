// SPDX-License-Identifier: Apache-2.0
#include "trace/inflow_io.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/macro.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "trace/filter_io.h"
#include "trace/inflow_guard.h"
#include "tunnel/rules_io.h"

#define BATCH     64
#define TURNS     16
#define SNAP      640 // bytes of a packet: an ICMP error with its extensions
#define BUFFER    (8 << 20)
#define SEND_TURN 64

struct inflow_io {
	struct inflow_io_config config;
	struct inflow *engine;
	struct rules *rules;
	struct loop_watch *watch;
	struct loop_timer *timer;
	int fd, index;
	uint64_t drops;
	struct trace_backlog backlog;
	bool pumping;
	char table[32];
	struct mmsghdr messages[BATCH];
	struct iovec parts[BATCH];
	struct sockaddr_ll from[BATCH];
	uint8_t control[BATCH][64];
	uint8_t bytes[BATCH][SNAP];
};

static void pump(void *self, struct mono now);

// --- receive ------------------------------------------------------------------------------------

static struct mono received_at(struct msghdr *m, struct mono now, struct wall wall)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		struct timespec ts;
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_TIMESTAMPNS)
			continue;
		memcpy(&ts, CMSG_DATA(c), sizeof(ts));
		int64_t ago = wall.ns - (ts.tv_sec * NS_PER_S + ts.tv_nsec);
		if (ago >= 0 && ago < NS_PER_S)
			return (struct mono){ now.ns - ago };
	}
	return now;
}

static size_t link_len(const struct sockaddr_ll *from)
{
	return from->sll_hatype == ARPHRD_ETHER || from->sll_hatype == ARPHRD_LOOPBACK ? ETH_HLEN
										       : 0;
}

static void hear(struct inflow_io *io, int count)
{
	struct wall wall = clock_wall();
	struct mono now = clock_mono();
	for (int i = 0; i < count; i++) {
		const struct sockaddr_ll *from = &io->from[i];
		struct mmsghdr *m = &io->messages[i];
		size_t head = link_len(from);
		bool ip = ntohs(from->sll_protocol) == ETH_P_IP ||
			  ntohs(from->sll_protocol) == ETH_P_IPV6;
		bool direct =
			from->sll_pkttype == PACKET_HOST || from->sll_pkttype == PACKET_OUTGOING;
		size_t len = m->msg_len < SNAP ? m->msg_len : SNAP;
		if (!ip || !direct || len <= head)
			continue;
		const struct inflow_packet p = {
			.at = received_at(&m->msg_hdr, now, wall),
			.outgoing = from->sll_pkttype == PACKET_OUTGOING,
			.link = span_of(io->bytes[i], head),
			.ip = span_of(io->bytes[i] + head, len - head),
		};
		inflow_hear(io->engine, &p, wall);
	}
}

static int receive_batch(struct inflow_io *io)
{
	for (int i = 0; i < BATCH; i++) {
		io->parts[i] = (struct iovec){ io->bytes[i], SNAP };
		io->messages[i].msg_hdr = (struct msghdr){
			.msg_name = &io->from[i],
			.msg_namelen = sizeof(io->from[i]),
			.msg_iov = &io->parts[i],
			.msg_iovlen = 1,
			.msg_control = io->control[i],
			.msg_controllen = sizeof(io->control[i]),
		};
	}
	return recvmmsg(io->fd, io->messages, BATCH, MSG_DONTWAIT, NULL);
}

static void on_packets(void *self, uint32_t events)
{
	struct inflow_io *io = self;
	(void)events;
	for (int turn = 0; turn < TURNS; turn++) {
		int n = receive_batch(io);
		if (n > 0)
			hear(io, n);
		if (n < BATCH)
			break;
	}
	inflow_hear_drops(io->engine, inflow_io_drops(io));
	pump(io, clock_mono());
}

// --- send ---------------------------------------------------------------------------------------

static void send_probe(struct inflow_io *io, const struct inflow_probe *p)
{
	const struct sockaddr_ll to = { .sll_family = AF_PACKET,
					.sll_ifindex = io->index,
					.sll_protocol = htons(p->ipv6 ? ETH_P_IPV6 : ETH_P_IP) };
	const struct mono at = clock_mono();
	if (sendto(io->fd, p->frame.at, p->frame.len, MSG_DONTWAIT, (const struct sockaddr *)&to,
		   sizeof(to)) < 0)
		inflow_hear_failed(io->engine);
	else
		inflow_hear_sent(io->engine, at);
}

static bool guard(struct inflow_io *io)
{
	struct inflow_key flows[INFLOW_TRACES];
	char text[INFLOW_GUARD_TEXT];
	struct wr w = wr_of(text, sizeof(text));
	struct fault f;
	size_t n = inflow_guards(io->engine, flows, COUNT(flows));
	inflow_guard_write(&w, io->table, io->config.engine.tag, flows, n);
	return w.err == ERR_OK && rules_more(io->rules, wr_span(&w), &f) == ERR_OK;
}

static void serve(struct inflow_io *io)
{
	struct inflow_probe probe;
	struct inflow_result result;
	for (int sent = 0; sent < SEND_TURN; sent++) {
		inflow_tick(io->engine, clock_mono());
		switch (inflow_next(io->engine, &probe, &result)) {
		case INFLOW_GUARD:
			inflow_hear_guard(io->engine, guard(io));
			break;
		case INFLOW_SEND:
			send_probe(io, &probe);
			break;
		case INFLOW_FINISHED:
			io->config.done(io->config.self, &result);
			break;
		case INFLOW_NOTHING:
			return;
		}
	}
}

static void pump(void *self, struct mono now)
{
	struct inflow_io *io = self;
	(void)now;
	if (io->pumping)
		return;
	io->pumping = true;
	serve(io);
	loop_timer_at(io->timer, inflow_due(io->engine));
	io->pumping = false;
}

// --- open and close -----------------------------------------------------------------------------

static enum err set_up(struct inflow_io *io, struct fault *f)
{
	struct sock_filter keep[] = { BPF_STMT(BPF_RET | BPF_K, SNAP) };
	const struct sock_fprog program = { .len = COUNT(keep), .filter = keep };
	const int on = 1, buffer = BUFFER;
	const struct sockaddr_ll at = { .sll_family = AF_PACKET,
					.sll_protocol = htons(ETH_P_ALL),
					.sll_ifindex = io->index };
	if (setsockopt(io->fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer)) != 0)
		(void)setsockopt(io->fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
	if (setsockopt(io->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) != 0 ||
	    setsockopt(io->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) != 0 ||
	    bind(io->fd, (const struct sockaddr *)&at, sizeof(at)) != 0)
		return fault_set(f, ERR_IO, errno, "packet socket on %s", io->config.interface);
	return ERR_OK;
}

static enum err open_socket(struct inflow_io *io, struct fault *f)
{
	io->index = (int)if_nametoindex(io->config.interface);
	if (io->index == 0)
		return fault_set(f, ERR_MISSING, errno, "no interface %s", io->config.interface);
	io->fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (io->fd < 0)
		return fault_set(f, errno == EPERM ? ERR_PERMIT : ERR_IO, errno,
				 "tracing inside flows needs packet sockets: run as root");
	return set_up(io, f);
}

static enum err open_guard(struct inflow_io *io, struct fault *f)
{
	static unsigned number;
	char text[512];
	struct wr w = wr_of(text, sizeof(text));
	snprintf(io->table, sizeof(io->table), "waymark_inflow_%d_%u", (int)getpid(), number++);
	inflow_guard_open_write(&w, io->table);
	return rules_open(wr_span(&w), &io->rules, f);
}

enum err inflow_io_open(struct loop *l, const struct inflow_io_config *c, struct inflow_io **out,
			struct fault *f)
{
	AUTO(inflow_io_close) struct inflow_io *io = calloc(1, sizeof(*io));
	if (io == NULL)
		return fault_set(f, ERR_MEMORY, 0, "tracing inside flows: no memory");
	io->config = *c;
	io->config.engine.tag = (uint8_t)(1 + random_u64() % 254);
	io->config.engine.seed[0] = random_u64();
	io->config.engine.seed[1] = random_u64();
	io->fd = -1;
	trace_backlog_open(&io->backlog);
	io->engine = inflow_new(&io->config.engine);
	enum err err = io->engine == NULL
			       ? fault_set(f, ERR_MEMORY, 0, "tracing inside flows: no memory")
			       : open_socket(io, f);
	if (err == ERR_OK)
		err = open_guard(io, f);
	if (err == ERR_OK)
		err = loop_watch(l, io->fd, EPOLLIN, on_packets, io, &io->watch, f);
	if (err == ERR_OK)
		err = loop_timer(l, pump, io, &io->timer, f);
	if (err != ERR_OK)
		return err;
	io->config.interface = NULL; // was borrowed
	*out = io;
	io = NULL;
	return ERR_OK;
}

void inflow_io_close(struct inflow_io **out)
{
	struct inflow_io *io = *out;
	if (io == NULL)
		return;
	loop_watch_drop(&io->watch);
	loop_timer_drop(&io->timer);
	fd_close(&io->fd);
	trace_backlog_close(&io->backlog);
	rules_close(&io->rules);
	inflow_free(&io->engine);
	free(io);
	*out = NULL;
}

enum err inflow_io_put(struct inflow_io *io, uint64_t tag, const struct inflow_key *k)
{
	enum err err = inflow_put(io->engine, clock_mono(), tag, k, clock_wall());
	if (err == ERR_OK)
		loop_timer_at(io->timer, clock_mono());
	return err;
}

void inflow_io_stop(struct inflow_io *io)
{
	inflow_stop(io->engine);
	for (int i = 0; i < 1000 && !io->pumping && inflow_count(io->engine) > 0; i++)
		pump(io, clock_mono());
}

size_t inflow_io_count(const struct inflow_io *io)
{
	return inflow_count(io->engine);
}

struct inflow_counts inflow_io_counts(const struct inflow_io *io)
{
	return inflow_counted(io->engine);
}

uint64_t inflow_io_drops(struct inflow_io *io)
{
	struct tpacket_stats stats = { 0 };
	socklen_t len = sizeof(stats);
	if (getsockopt(io->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len) == 0)
		io->drops += stats.tp_drops; // reading sets it to zero
	io->drops += trace_backlog_drops(&io->backlog, clock_mono());
	return io->drops;
}
