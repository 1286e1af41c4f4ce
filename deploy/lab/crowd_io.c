// SPDX-License-Identifier: Apache-2.0
#include "lab/crowd_io.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/options.h"
#include "lab/crowd.h"
#include "lab/crowd_tcp_io.h"
#include "lab/world_io.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/loop.h"
#include "sys/socket_name.h"

#define PROGRAM    "waymark-lab crowd"
#define PORT       53
#define BATCH      128
#define QUESTION   1500
#define CONTROL    128
#define SOCKET_MEM (32 << 20) // questions come in bursts of thousands
#define LEARN_NS   (500 * NS_PER_MS)

// One received or to be sent datagram.
struct datagram {
	union socket_name peer;
	struct iovec body;
	_Alignas(size_t) char control[CONTROL];
};

struct batch {
	struct mmsghdr heads[BATCH];
	struct datagram items[BATCH];
};

struct server {
	struct crowd *crowd;
	struct loop *loop;
	struct loop_watch *watches[3];
	struct loop_timer *learn_timer;
	struct crowd_tcp *tcp[2];
	struct addr authority;
	int udp[2], learn;
	struct batch in, out;
	uint8_t questions[BATCH][QUESTION];
	struct crowd_answer answers[BATCH];
};

static enum err sys_fault(struct fault *f, const char *what)
{
	return fault_set(f, errno == EACCES ? ERR_PERMIT : ERR_IO, errno, "%s", what);
}

static enum err udp_open(int family, int *out, struct fault *f)
{
	AUTO(fd_close) int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool v6 = family == AF_INET6;
	int on = 1, mem = SOCKET_MEM;
	union socket_name any;
	socklen_t len = socket_name_of((struct addr){ .family = v6 ? 6 : 4 }, PORT, &any);

	if (fd < 0 || (v6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0) ||
	    setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVPKTINFO : IP_PKTINFO, &on,
		       sizeof(on)) != 0)
		return sys_fault(f, "a socket for questions");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &mem, sizeof(mem)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &mem, sizeof(mem));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &mem, sizeof(mem));
	if (bind(fd, &any.any, len) != 0)
		return sys_fault(f, "cannot listen on port 53");
	*out = fd;
	fd = -1;
	return ERR_OK;
}

// --- questions -----------------------------------------------------------------------------------

static void batch_init(struct server *s)
{
	for (int i = 0; i < BATCH; i++) {
		struct datagram *in = &s->in.items[i], *out = &s->out.items[i];
		in->body = (struct iovec){ s->questions[i], QUESTION };
		s->in.heads[i].msg_hdr = (struct msghdr){ .msg_name = &in->peer,
							  .msg_namelen = sizeof(in->peer),
							  .msg_iov = &in->body,
							  .msg_iovlen = 1,
							  .msg_control = in->control,
							  .msg_controllen = CONTROL };
		s->out.heads[i].msg_hdr = (struct msghdr){ .msg_iov = &out->body, .msg_iovlen = 1 };
	}
}

static struct addr asked_of(struct msghdr *head)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(head); c; c = CMSG_NXTHDR(head, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			return addr_v4(ntohl(info.ipi_addr.s_addr));
		}
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			return addr_of(span_of(info.ipi6_addr.s6_addr, 16));
		}
	}
	return (struct addr){ .family = 0 };
}

// The answer leaves from FROM.
static void leave_from(struct msghdr *head, struct datagram *d, struct addr from)
{
	bool v6 = from.family == 6;
	size_t size = v6 ? sizeof(struct in6_pktinfo) : sizeof(struct in_pktinfo);

	memset(d->control, 0, CONTROL);
	head->msg_control = d->control;
	head->msg_controllen = CMSG_SPACE(size);
	struct cmsghdr *c = CMSG_FIRSTHDR(head);
	c->cmsg_level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
	c->cmsg_type = v6 ? IPV6_PKTINFO : IP_PKTINFO;
	c->cmsg_len = CMSG_LEN(size);
	if (v6) {
		struct in6_pktinfo info = { 0 };
		memcpy(info.ipi6_addr.s6_addr, from.bytes, 16);
		memcpy(CMSG_DATA(c), &info, sizeof(info));
	} else {
		struct in_pktinfo info = { .ipi_spec_dst.s_addr = htonl(addr_to_v4(from)) };
		memcpy(CMSG_DATA(c), &info, sizeof(info));
	}
}

static void send_all(struct server *s, int fd, unsigned count)
{
	for (unsigned at = 0; at < count;) {
		int sent = sendmmsg(fd, s->out.heads + at, count - at, 0);
		// What one asker cannot get must not hold up the others.
		at += sent > 0 ? (unsigned)sent : 1;
	}
}

static void questions_ready(struct server *s, int fd)
{
	unsigned count = 0;
	int got = recvmmsg(fd, s->in.heads, BATCH, MSG_DONTWAIT, NULL);
	struct mono now = clock_mono();

	for (int i = 0; i < got; i++) {
		struct msghdr *head = &s->in.heads[i].msg_hdr;
		struct crowd_question q = { .asked = asked_of(head),
					    .asker = socket_name_addr(&s->in.items[i].peer, NULL),
					    .message = span_of(s->questions[i],
							       s->in.heads[i].msg_len) };
		struct crowd_answer *a = &s->answers[count];
		if (crowd_hear(s->crowd, &q, now, a)) {
			struct datagram *d = &s->out.items[count];
			struct msghdr *out = &s->out.heads[count++].msg_hdr;
			d->peer = s->in.items[i].peer;
			d->body = (struct iovec){ a->bytes, a->len };
			out->msg_name = &d->peer;
			out->msg_namelen = head->msg_namelen;
			leave_from(out, d, a->from);
		}
		head->msg_namelen = sizeof(s->in.items[i].peer);
		head->msg_controllen = CONTROL;
	}
	send_all(s, fd, count);
}

static void v4_ready(void *self, uint32_t events)
{
	(void)events;
	questions_ready(self, ((struct server *)self)->udp[0]);
}

static void v6_ready(void *self, uint32_t events)
{
	(void)events;
	questions_ready(self, ((struct server *)self)->udp[1]);
}

// --- what the authority signed -------------------------------------------------------------------

static void learn_ready(void *self, uint32_t events)
{
	struct server *s = self;
	uint8_t bytes[QUESTION];
	ssize_t len;

	(void)events;
	while ((len = recv(s->learn, bytes, sizeof(bytes), 0)) > 0)
		crowd_learn(s->crowd, span_of(bytes, (size_t)len));
}

static void learn_due(void *self, struct mono now)
{
	struct server *s = self;
	uint8_t bytes[QUESTION];
	size_t at = 0;
	bool more = false;

	for (;;) {
		struct wr w = wr_of(bytes, sizeof(bytes));
		if (!crowd_next(s->crowd, &at, &w))
			break;
		more = true;
		ssize_t ignored = send(s->learn, w.at, w.len, 0);
		(void)ignored;
	}
	loop_timer_at(s->learn_timer, more ? mono_add(now, LEARN_NS) : MONO_NEVER);
}

static enum err learn_open(struct server *s, struct fault *f)
{
	union socket_name to;
	socklen_t len = socket_name_of(s->authority, PORT, &to);

	if (s->authority.family != 4)
		return ERR_OK;
	s->learn = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->learn < 0 || connect(s->learn, &to.any, len) != 0)
		return sys_fault(f, "a socket for the authority");
	enum err err = loop_watch(s->loop, s->learn, EPOLLIN, learn_ready, s, &s->watches[2], f);
	if (err == ERR_OK)
		err = loop_timer(s->loop, learn_due, s, &s->learn_timer, f);
	if (err == ERR_OK)
		loop_timer_at(s->learn_timer, clock_mono());
	return err;
}

// --- the process ---------------------------------------------------------------------------------

static void signal_ready(void *self, uint32_t signal)
{
	if (signal != SIGCHLD)
		loop_stop(((struct server *)self)->loop);
}

static enum err server_open(struct server *s, struct fault *f)
{
	enum err err = loop_new(&s->loop, f);

	if (err == ERR_OK)
		err = loop_signals(s->loop, signal_ready, s, f);
	if (err == ERR_OK)
		err = udp_open(AF_INET, &s->udp[0], f);
	if (err == ERR_OK)
		err = udp_open(AF_INET6, &s->udp[1], f);
	if (err == ERR_OK)
		err = loop_watch(s->loop, s->udp[0], EPOLLIN, v4_ready, s, &s->watches[0], f);
	if (err == ERR_OK)
		err = loop_watch(s->loop, s->udp[1], EPOLLIN, v6_ready, s, &s->watches[1], f);
	if (err == ERR_OK)
		err = crowd_tcp_open(s->loop, s->crowd, 4, &s->tcp[0], f);
	if (err == ERR_OK)
		err = crowd_tcp_open(s->loop, s->crowd, 6, &s->tcp[1], f);
	return err == ERR_OK ? learn_open(s, f) : err;
}

static enum err serve(const struct world *w, int host, struct fault *f)
{
	static struct server s = { .udp = { -1, -1 }, .learn = -1 };

	s.crowd = crowd_new(w, host);
	for (int i = 0; i < w->host_count; i++)
		if (strcmp(w->hosts[i].kind, "authority") == 0)
			s.authority = w->hosts[i].v4;
	enum err err = s.crowd ? ERR_OK : fault_set(f, ERR_MEMORY, 0, "no memory for the crowds");
	if (err == ERR_OK) {
		batch_init(&s);
		err = server_open(&s, f);
	}
	if (err == ERR_OK) {
		printf("ready %d\n", PORT);
		(void)fflush(stdout);
		err = loop_run(s.loop, f);
	}
	crowd_tcp_close(&s.tcp[0]);
	crowd_tcp_close(&s.tcp[1]);
	loop_free(&s.loop);
	fd_close(&s.udp[0]);
	fd_close(&s.udp[1]);
	fd_close(&s.learn);
	crowd_free(&s.crowd);
	return err;
}

int verb_crowd(int argc, char **argv)
{
	static const struct conf_option none[] = { { .name = NULL } };
	static const struct cli_usage usage = {
		.synopsis = PROGRAM " WORLD HOST",
		.text = "Answers DNS questions for every resolver of the world's crowds whose "
			"address HOST "
			"holds, as the world file says. Runs in that host; prints “ready 53” once "
			"it "
			"listens.",
	};
	AUTO(world_free) struct world *w = NULL;
	struct cli cli = { 0 };
	struct fault f = { 0 };
	enum err err = cli_read(argc, argv, none, &usage, NULL, &cli, &f);

	if (err == ERR_OK && cli.helped)
		return 0;
	if (err == ERR_OK && cli.count != 2)
		err = fault_set(&f, ERR_USAGE, 0, "WORLD and HOST, please: %s", usage.synopsis);
	if (err == ERR_OK)
		err = world_load(cli.words[0], &w, &f);
	if (err == ERR_OK) {
		const struct world_host *h = world_host_find(w, cli.words[1]);
		err = h ? serve(w, (int)(h - w->hosts), &f)
			: fault_set(&f, ERR_MISSING, 0, "no host %s in this world", cli.words[1]);
	}
	return err == ERR_OK ? 0 : cli_fail(PROGRAM, &f);
}
