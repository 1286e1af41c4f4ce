// SPDX-License-Identifier: Apache-2.0
#include "node/selftest_io.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "node/selftest.h"
#include "node/step.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/process.h"

#define ASK_PATIENCE (2 * NS_PER_S)
#define FAR_AWAY     "192.0.2.1" // documentation: nobody is there, the default route decides

struct selftest_io {
	struct selftest_job job;
	struct selftest test;
	struct loop_watch *watch;
	struct loop_timer *timer;
	struct wall begin;
	char why[FAULT_TEXT]; // of the first item that failed
	int fd;
};

static void tell(struct selftest_io *s, const char *name, bool passed, const char *detail)
{
	step_put(s->job.node, &s->job.run, s->job.side, name, s->begin,
		 passed ? STEP_DONE : STEP_FAILED, detail);
	if (!passed && s->why[0] == '\0')
		snprintf(s->why, sizeof(s->why), "%s failed: %s", name, detail);
}

static void tell_items(struct selftest_io *s)
{
	struct selftest_result items[SELFTEST_ITEM_COUNT_];
	char text[80];
	selftest_judge(&s->test, items);
	for (int i = 0; i < SELFTEST_ITEM_COUNT_; i++) {
		const struct selftest_result *r = &items[i];
		if (r->known)
			snprintf(text, sizeof(text), "value %lld limit %lld %s",
				 (long long)r->value, (long long)r->limit, r->unit);
		else
			snprintf(text, sizeof(text), "no answer; limit %lld %s",
				 (long long)r->limit, r->unit);
		tell(s, selftest_item_name((enum selftest_item)i), r->passed, text);
	}
}

static void finish(struct selftest_io *s)
{
	void (*end)(void *, const char *) = s->job.end;
	loop_watch_drop(&s->watch);
	tell_items(s);
	end(s->job.self, s->why[0] == '\0' ? NULL : s->why); // may close S
}

static void send_probe(struct selftest_io *s, struct mono now, struct mono *due)
{
	uint8_t room[SELFTEST_MESSAGE];
	struct wr w = wr_of(room, sizeof(room));
	struct sockaddr_in to = { .sin_family = AF_INET };
	memcpy(&to.sin_addr, s->job.peer.bytes, 4);
	if (!selftest_next(&s->test, now, clock_wall(), &w, due) || w.err != ERR_OK)
		return;
	// What cannot be sent is not answered, which is what the test is about.
	if (sendto(s->fd, room, w.len, 0, (const struct sockaddr *)&to, sizeof(to)) < 0)
		return;
}

static void on_time(void *self, struct mono now)
{
	struct selftest_io *s = self;
	struct mono due;
	if (selftest_done(&s->test, now)) {
		finish(s);
		return;
	}
	send_probe(s, clock_mono(), &due);
	loop_timer_at(s->timer, due);
}

static void on_answer(void *self, uint32_t events)
{
	struct selftest_io *s = self;
	uint8_t room[2048];
	(void)events;
	for (;;) {
		ssize_t n = recv(s->fd, room, sizeof(room), MSG_DONTWAIT);
		if (n < 0)
			return;
		size_t head = n > 0 ? (size_t)(room[0] & 0xf) * 4 : 0;
		if (head >= SELFTEST_HEADER && (size_t)n > head)
			selftest_hear(&s->test, span_of(room + head, (size_t)n - head),
				      clock_mono(), clock_wall());
	}
}

static enum err open_socket(struct selftest_io *s, struct fault *f)
{
	struct sockaddr_in own = { .sin_family = AF_INET }, peer = own;
	const int probe = IP_PMTUDISC_PROBE; // "do not fragment", whatever was learned before
	memcpy(&own.sin_addr, s->job.own.bytes, 4);
	memcpy(&peer.sin_addr, s->job.peer.bytes, 4);
	s->fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMP);
	if (s->fd < 0)
		return fault_set(f, errno == EPERM ? ERR_PERMIT : ERR_IO, errno,
				 "self-test: raw socket");
	if (setsockopt(s->fd, SOL_SOCKET, SO_BINDTODEVICE, s->job.tunnel,
		       (socklen_t)strlen(s->job.tunnel)) != 0 ||
	    setsockopt(s->fd, IPPROTO_IP, IP_MTU_DISCOVER, &probe, sizeof(probe)) != 0 ||
	    bind(s->fd, (const struct sockaddr *)&own, sizeof(own)) != 0 ||
	    connect(s->fd, (const struct sockaddr *)&peer, sizeof(peer)) != 0)
		return fault_set(f, ERR_IO, errno, "self-test: %s", s->job.tunnel);
	return ERR_OK;
}

static bool says(const char *const *argv, const char *word, char *said, size_t cap)
{
	struct process_config p = PROCESS_DEFAULT;
	struct fault f;
	p.argv = argv;
	p.die_with_parent = true;
	return process_run(&p, mono_add(clock_mono(), ASK_PATIENCE), said, cap, &f) == ERR_OK &&
	       strstr(said, word) != NULL;
}

// The kernel's own word on where a packet of the phone goes, and that all else is dropped.
static void leak_check(struct selftest_io *s)
{
	char phone[ADDR_TEXT], said[4096], way[32], text[160];
	addr_write(s->job.phone, phone);
	snprintf(way, sizeof(way), "dev %s ", s->job.tunnel);
	const char *const route[] = { "ip",  "route", "get",         FAR_AWAY, "from",
				      phone, "iif",   s->job.inside, NULL };
	const char *const guard[] = {
		"nft", "list", "chain", "inet", "waymark_guard", "gate", NULL
	};
	bool routed = says(route, way, said, sizeof(said));
	bool guarded = says(guard, "policy drop", said, sizeof(said));
	snprintf(text, sizeof(text), "the phone's packets are routed %s; the guard %s",
		 routed ? "into the tunnel" : "elsewhere",
		 guarded ? "drops the rest" : "is not up");
	tell(s, "selftest-guard", routed && guarded, text);
}

enum err selftest_io_open(const struct selftest_job *job, struct selftest_io **out, struct fault *f)
{
	struct loop *l = node_loop(job->node);
	struct selftest_io *s = calloc(1, sizeof(*s));
	if (s == NULL)
		return fault_set(f, ERR_MEMORY, 0, "self-test: no memory");
	s->job = *job;
	s->begin = clock_wall();
	selftest_init(&s->test, (uint16_t)random_u64(), job->mtu, job->handshake_ns);
	enum err err = open_socket(s, f);
	if (err == ERR_OK)
		err = loop_watch(l, s->fd, EPOLLIN, on_answer, s, &s->watch, f);
	if (err == ERR_OK)
		err = loop_timer(l, on_time, s, &s->timer, f);
	if (err != ERR_OK) {
		selftest_io_close(&s);
		return err;
	}
	leak_check(s);
	loop_timer_at(s->timer, clock_mono());
	*out = s;
	return ERR_OK;
}

void selftest_io_close(struct selftest_io **out)
{
	struct selftest_io *s = *out;
	if (s == NULL)
		return;
	loop_watch_drop(&s->watch);
	loop_timer_drop(&s->timer);
	fd_close(&s->fd);
	free(s);
	*out = NULL;
}
