// SPDX-License-Identifier: Apache-2.0
#include "dns/scan_io.h"

#include <stdlib.h>
#include <sys/resource.h>

#include "dns/ports_io.h"
#include "dns/streams_io.h"
#include "sys/clock.h"
#include "trace/source_io.h"

#define RING         (3 << 20) // of the memory promised; 15,000 answers
#define A_TURN       1024      // things done before packets are looked at again
#define STREAMS      500
#define IDLE_NS      (30 * NS_PER_S) // a pair that manners hold back keeps its connection
#define SLOTS        100000
#define SLOTS_A_PORT 2000 // of 4096 blocks

struct dns_scan_io {
	struct dns_scan_io_config c;
	struct loop *loop;
	struct dns_scan *scan;
	struct dns_ports *ports;
	struct dns_streams *streams;
	struct loop_watch *watch;
	struct loop_timer *timer;
	bool ended, closing;
};

// What is heard is acted on in the same turn: timers come after descriptors.
static void wake(struct dns_scan_io *io)
{
	loop_timer_at(io->timer, (struct mono){ INT64_MIN });
}

static void on_heard(void *self, struct mono at, const struct dns_heard *h)
{
	struct dns_scan_io *io = self;
	dns_scan_hear(io->scan, at, h);
	wake(io);
}

static void on_icmp(void *self, struct mono at, const struct dns_icmp *i)
{
	struct dns_scan_io *io = self;
	dns_scan_icmp(io->scan, at, i);
}

static void on_failed(void *self, struct mono at, struct dns_handle h, enum dns_error e)
{
	struct dns_scan_io *io = self;
	dns_scan_fail(io->scan, at, h, e);
	wake(io);
}

static void on_left(void *self, struct dns_handle h, uint16_t sport)
{
	struct dns_scan_io *io = self;
	dns_scan_sport(io->scan, h, sport);
}

static void on_ready(void *self, uint32_t events)
{
	struct dns_scan_io *io = self;
	(void)events;
	dns_ports_take(io->ports);
	wake(io);
}

// False when there is nothing more to do now.
static bool act(struct dns_scan_io *io, struct mono now)
{
	struct dns_want w;
	switch (dns_scan_next(io->scan, now, &w)) {
	case DNS_WANT_SEND:
		dns_ports_put(io->ports, &w);
		return true;
	case DNS_WANT_STREAM:
		dns_streams_put(io->streams, &w, now);
		return true;
	case DNS_WANT_RECORD:
		if (w.streamed)
			dns_streams_end(io->streams, w.handle);
		io->c.record(io->c.self, &w);
		return true;
	case DNS_WANT_NOTHING:
		break;
	}
	return false;
}

static void on_due(void *self, struct mono now)
{
	struct dns_scan_io *io = self;
	if (io->ended)
		return;
	now = clock_mono();
	dns_scan_tick(io->scan, now);
	int left = A_TURN;
	while (left > 0 && act(io, now))
		left--;
	if (io->ports != NULL)
		dns_ports_flush(io->ports, now);
	struct mono due = left == 0 ? now : dns_scan_due(io->scan);
	due = mono_min(due, dns_streams_tick(io->streams, now));
	loop_timer_at(io->timer, due);
	if (!dns_scan_done(io->scan))
		return;
	io->ended = true;
	io->c.ended(io->c.self);
}

// Many ports are many descriptors.
static void raise_limit(void)
{
	struct rlimit r;
	if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur >= r.rlim_max)
		return;
	r.rlim_cur = r.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &r);
}

static void choose(struct dns_scan_config *s)
{
	if (s->slots == 0)
		s->slots = SLOTS;
	if (s->ports == 0)
		s->ports = s->slots / SLOTS_A_PORT + 16;
	if (s->ports < s->repetitions)
		s->ports = s->repetitions;
	s->now = clock_mono();
	s->wall = clock_wall();
}

static void families(const struct dns_list *servers, bool *v4, bool *v6, struct addr first[2])
{
	for (size_t i = 0; i < dns_list_count(servers); i++) {
		struct addr a = dns_list_server(servers, i).addr;
		bool *has = a.family == 4 ? v4 : v6;
		if (!*has)
			first[a.family == 4 ? 0 : 1] = a;
		*has = true;
	}
}

static enum err open_ports(struct dns_scan_io *io, struct fault *f)
{
	struct addr first[2] = { { 0 } };
	struct trace_source source = TRACE_SOURCE_NONE;
	struct dns_ports_config p = {
		.count = io->c.scan.ports,
		.ring = RING,
		.no_ring = io->c.no_ring,
		.first = io->c.sport,
		.heard = on_heard,
		.icmp = on_icmp,
		.failed = on_failed,
		.self = io,
	};
	families(io->c.scan.servers, &p.v4, &p.v6, first);
	for (size_t i = 0; i < 2; i++) {
		struct addr a =
			first[i].family == 0 ? first[i] : trace_source_find(&source, first[i]);
		if (a.family != 0)
			dns_scan_source(io->scan, a);
	}
	trace_source_wipe(&source);
	if (io->c.scan.transport != DNS_UDP)
		return ERR_OK;
	enum err err = dns_ports_open(&p, &io->ports, f);
	for (uint32_t i = 0; err == ERR_OK && i < p.count; i++)
		dns_scan_port(io->scan, i, (uint16_t)(dns_ports_first(io->ports) + i));
	if (err == ERR_OK)
		err = loop_watch(io->loop, dns_ports_fd(io->ports), EPOLLIN, on_ready, io,
				 &io->watch, f);
	return err;
}

static enum err open_streams(struct dns_scan_io *io, struct fault *f)
{
	const struct dns_streams_config s = {
		.tls_name = io->c.tls_name,
		.path = io->c.path != NULL ? io->c.path : "/dns-query",
		.limit = io->c.streams,
		.idle_ns = IDLE_NS,
		.answer_ns = io->c.scan.rules.stream_timeout_ns + NS_PER_S,
		.left = on_left,
		.heard = on_heard,
		.failed = on_failed,
		.self = io,
	};
	return dns_streams_open(io->loop, &s, &io->streams, f);
}

enum err dns_scan_io_open(struct loop *l, const struct dns_scan_io_config *c,
			  struct dns_scan_io **out, struct fault *f)
{
	struct dns_scan_io *io = calloc(1, sizeof(*io));
	*out = io;
	if (io == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory for a scan");
	io->c = *c;
	io->loop = l;
	raise_limit();
	if (io->c.streams == 0)
		io->c.streams = STREAMS;
	io->c.scan.streams = io->c.streams;
	choose(&io->c.scan);
	// Streams cost a connection each: no more pairs than may be open at once.
	if (c->scan.transport != DNS_UDP && io->c.scan.slots > io->c.streams)
		io->c.scan.slots = io->c.streams;
	enum err err = dns_scan_new(&io->c.scan, &io->scan, f);
	if (err == ERR_OK)
		err = open_ports(io, f);
	if (err == ERR_OK)
		err = open_streams(io, f);
	if (err == ERR_OK)
		err = loop_timer(l, on_due, io, &io->timer, f);
	if (err != ERR_OK) {
		dns_scan_io_close(out);
		return err;
	}
	loop_timer_at(io->timer, clock_mono());
	return ERR_OK;
}

void dns_scan_io_close(struct dns_scan_io **out)
{
	struct dns_scan_io *io = *out;
	if (io == NULL)
		return;
	loop_watch_drop(&io->watch);
	loop_timer_drop(&io->timer);
	dns_streams_close(&io->streams);
	dns_ports_close(&io->ports);
	dns_scan_free(&io->scan);
	free(io);
	*out = NULL;
}

void dns_scan_io_stop(struct dns_scan_io *io, bool write_off)
{
	dns_scan_stop(io->scan, clock_mono(), write_off);
	loop_timer_at(io->timer, clock_mono());
}

struct dns_scan *dns_scan_io_scan(struct dns_scan_io *io)
{
	return io->scan;
}

uint64_t dns_scan_io_drops(struct dns_scan_io *io)
{
	return io->ports == NULL ? 0 : dns_ports_drops(io->ports);
}

bool dns_scan_io_raw(const struct dns_scan_io *io)
{
	return io->ports != NULL && dns_ports_raw(io->ports);
}
