// SPDX-License-Identifier: Apache-2.0
#include "dns/path_io.h"

#include <stdlib.h>

#include "dns/ports_io.h"
#include "sys/clock.h"
#include "trace/source_io.h"

#define RING   (1 << 20)
#define A_TURN 256

struct dns_path_io {
	struct dns_path_io_config c;
	struct dns_paths *paths;
	struct dns_ports *ports;
	struct loop_watch *watch;
	struct loop_timer *timer;
	bool ended;
};

static void on_heard(void *self, struct mono at, const struct dns_heard *h)
{
	struct dns_path_io *io = self;
	dns_paths_hear(io->paths, at, h);
}

static void on_icmp(void *self, struct mono at, const struct dns_icmp *i)
{
	struct dns_path_io *io = self;
	dns_paths_icmp(io->paths, at, i);
}

static void on_failed(void *self, struct mono at, struct dns_handle h, enum dns_error e)
{
	struct dns_path_io *io = self;
	(void)at;
	dns_paths_fail(io->paths, h, e);
}

static void on_ready(void *self, uint32_t events)
{
	struct dns_path_io *io = self;
	(void)events;
	dns_ports_take(io->ports);
	loop_timer_at(io->timer, (struct mono){ INT64_MIN });
}

static void on_due(void *self, struct mono now)
{
	struct dns_path_io *io = self;
	struct dns_want w;
	if (io->ended)
		return;
	now = clock_mono();
	dns_paths_tick(io->paths, now);
	for (int i = 0; i < A_TURN && dns_paths_next(io->paths, now, &w) != DNS_WANT_NOTHING; i++)
		if (w.kind == DNS_WANT_SEND)
			dns_ports_put(io->ports, &w);
		else
			io->c.record(io->c.self, &w);
	dns_ports_flush(io->ports, now);
	loop_timer_at(io->timer, dns_paths_due(io->paths));
	if (!dns_paths_done(io->paths))
		return;
	io->ended = true;
	io->c.ended(io->c.self);
}

static enum err open_ports(struct dns_path_io *io, struct fault *f)
{
	const struct dns_path_config *c = &io->c.paths;
	struct trace_source source = TRACE_SOURCE_NONE;
	struct dns_ports_config p = {
		.count = c->ports,
		.ring = RING,
		.heard = on_heard,
		.icmp = on_icmp,
		.failed = on_failed,
		.self = io,
	};
	for (size_t i = 0; i < dns_list_count(c->servers); i++) {
		struct addr a = dns_list_server(c->servers, i).addr;
		bool *has = a.family == 4 ? &p.v4 : &p.v6;
		if (!*has)
			dns_paths_source(io->paths, trace_source_find(&source, a));
		*has = true;
	}
	trace_source_wipe(&source);
	enum err err = dns_ports_open(&p, &io->ports, f);
	if (err == ERR_OK && !dns_ports_raw(io->ports))
		err = fault_set(f, ERR_PERMIT, 0,
				"tracing needs packet sockets: run as root, or give the program "
				"CAP_NET_RAW once (setcap cap_net_raw+ep PROGRAM)");
	for (uint32_t i = 0; err == ERR_OK && i < p.count; i++)
		dns_paths_port(io->paths, i, (uint16_t)(dns_ports_first(io->ports) + i));
	return err;
}

enum err dns_path_io_open(struct loop *l, const struct dns_path_io_config *c,
			  struct dns_path_io **out, struct fault *f)
{
	struct dns_path_io *io = calloc(1, sizeof(*io));
	*out = io;
	if (io == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory for paths");
	io->c = *c;
	io->c.paths.now = clock_mono();
	io->c.paths.wall = clock_wall();
	enum err err = dns_paths_new(&io->c.paths, &io->paths, f);
	if (err == ERR_OK)
		err = open_ports(io, f);
	if (err == ERR_OK)
		err = loop_timer(l, on_due, io, &io->timer, f);
	if (err == ERR_OK)
		err = loop_watch(l, dns_ports_fd(io->ports), EPOLLIN, on_ready, io, &io->watch, f);
	if (err != ERR_OK) {
		dns_path_io_close(out);
		return err;
	}
	loop_timer_at(io->timer, clock_mono());
	return ERR_OK;
}

void dns_path_io_close(struct dns_path_io **out)
{
	struct dns_path_io *io = *out;
	if (io == NULL)
		return;
	loop_watch_drop(&io->watch);
	loop_timer_drop(&io->timer);
	dns_ports_close(&io->ports);
	dns_paths_free(&io->paths);
	free(io);
	*out = NULL;
}

void dns_path_io_stop(struct dns_path_io *io)
{
	dns_paths_stop(io->paths);
	loop_timer_at(io->timer, clock_mono());
}
