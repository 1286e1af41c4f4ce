// SPDX-License-Identifier: Apache-2.0
#include "node/selftest_io.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/selftest.h"
#include "node/step.h"
#include "reflect/socket_io.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/process.h"

#define ASK_PATIENCE (2 * NS_PER_S)
#define FAR_AWAY     "192.0.2.1" // documentation: nobody is there, the default route decides

// One family's test.
struct lane {
	struct selftest_io *owner;
	struct selftest test;
	struct loop_watch *watch; // NULL: this family is not carried
	int fd;
};

struct selftest_io {
	struct selftest_job job;
	struct lane lanes[2]; // IPv4, IPv6
	struct loop_timer *timer;
	struct wall begin;
	char why[FAULT_TEXT]; // of the first item that failed
};

static void tell(struct selftest_io *s, const char *name, bool passed, const char *detail)
{
	step_put(s->job.node, &s->job.run, s->job.side, name, s->begin,
		 passed ? STEP_DONE : STEP_FAILED, detail);
	if (!passed && s->why[0] == '\0')
		snprintf(s->why, sizeof(s->why), "%s failed: %s", name, detail);
}

static void tell_items(struct lane *l)
{
	struct selftest_result items[SELFTEST_ITEM_COUNT_];
	char text[80], name[40];
	selftest_judge(&l->test, items);
	for (int i = 0; i < SELFTEST_ITEM_COUNT_; i++) {
		const struct selftest_result *r = &items[i];
		if (!selftest_tells(l->test.family, (enum selftest_item)i))
			continue;
		if (r->known)
			snprintf(text, sizeof(text), "value %lld limit %lld %s",
				 (long long)r->value, (long long)r->limit, r->unit);
		else
			snprintf(text, sizeof(text), "no answer; limit %lld %s",
				 (long long)r->limit, r->unit);
		snprintf(name, sizeof(name), "%s%s", selftest_item_name((enum selftest_item)i),
			 l->test.family == 4 ? "" : "-ipv6");
		tell(l->owner, name, r->passed, text);
	}
}

static void finish(struct selftest_io *s)
{
	void (*end)(void *, const char *) = s->job.end;
	for (size_t i = 0; i < COUNT(s->lanes); i++) {
		if (s->lanes[i].watch == NULL)
			continue;
		loop_watch_drop(&s->lanes[i].watch);
		tell_items(&s->lanes[i]);
	}
	end(s->job.self, s->why[0] == '\0' ? NULL : s->why); // may close S
}

static void send_probe(struct lane *l, struct mono now, struct mono *due)
{
	uint8_t room[SELFTEST_MESSAGE];
	struct wr w = wr_of(room, sizeof(room));
	if (!selftest_next(&l->test, now, clock_wall(), &w, due) || w.err != ERR_OK)
		return;
	// What cannot be sent is not answered, which is what the test is about.
	if (send(l->fd, room, w.len, 0) < 0)
		return;
}

static void on_time(void *self, struct mono now)
{
	struct selftest_io *s = self;
	struct mono due = mono_add(now, SELFTEST_PACE);
	bool done = true;
	for (size_t i = 0; i < COUNT(s->lanes); i++)
		done &= s->lanes[i].watch == NULL || selftest_done(&s->lanes[i].test, now);
	if (done) {
		finish(s);
		return;
	}
	for (size_t i = 0; i < COUNT(s->lanes); i++)
		if (s->lanes[i].watch != NULL)
			send_probe(&s->lanes[i], clock_mono(), &due);
	loop_timer_at(s->timer, due);
}

static void on_answer(void *self, uint32_t events)
{
	struct lane *l = self;
	uint8_t room[2048];
	(void)events;
	for (;;) {
		ssize_t n = recv(l->fd, room, sizeof(room), MSG_DONTWAIT);
		if (n < 0)
			return;
		// A raw IPv4 socket gives the header too.
		size_t head = l->test.family == 4 && n > 0 ? (size_t)(room[0] & 0xf) * 4 : 0;
		if ((size_t)n > head)
			selftest_hear(&l->test, span_of(room + head, (size_t)n - head),
				      clock_mono(), clock_wall());
	}
}

static bool prepare(const struct lane *l, struct addr own, struct addr peer)
{
	const char *name = l->owner->job.tunnel;
	union socket_name from, to;
	socklen_t len = socket_name_of(own, 0, &from);
	bool four = own.family == 4;
	// "Do not fragment", whatever was learned before.
	const int probe = four ? IP_PMTUDISC_PROBE : IPV6_PMTUDISC_PROBE;
	(void)socket_name_of(peer, 0, &to);
	return setsockopt(l->fd, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t)strlen(name)) == 0 &&
	       setsockopt(l->fd, four ? IPPROTO_IP : IPPROTO_IPV6,
			  four ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER, &probe, sizeof(probe)) == 0 &&
	       bind(l->fd, &from.any, len) == 0 && connect(l->fd, &to.any, len) == 0;
}

static enum err open_lane(struct selftest_io *s, struct lane *l, struct addr own, struct addr peer,
			  struct fault *f)
{
	l->owner = s;
	l->fd = -1;
	if (own.family == 0)
		return ERR_OK;
	selftest_init(&l->test, own.family, (uint16_t)random_u64(), s->job.mtu,
		      s->job.handshake_ns);
	l->fd = socket(own.family == 4 ? AF_INET : AF_INET6,
		       SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       own.family == 4 ? (int)IPPROTO_ICMP : (int)IPPROTO_ICMPV6);
	if (l->fd < 0)
		return fault_set(f, errno == EPERM ? ERR_PERMIT : ERR_IO, errno,
				 "self-test: raw socket");
	if (!prepare(l, own, peer))
		return fault_set(f, ERR_IO, errno, "self-test: %s", s->job.tunnel);
	return loop_watch(node_loop(s->job.node), l->fd, EPOLLIN, on_answer, l, &l->watch, f);
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
	s->lanes[0].fd = s->lanes[1].fd = -1;
	enum err err = open_lane(s, &s->lanes[0], job->own4, job->peer4, f);
	if (err == ERR_OK)
		err = open_lane(s, &s->lanes[1], job->own6, job->peer6, f);
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
	for (size_t i = 0; i < COUNT(s->lanes); i++) {
		loop_watch_drop(&s->lanes[i].watch);
		fd_close(&s->lanes[i].fd);
	}
	loop_timer_drop(&s->timer);
	free(s);
	*out = NULL;
}
