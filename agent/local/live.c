// SPDX-License-Identifier: Apache-2.0
#include "local/live.h"

#include <signal.h>
#include <stdio.h>

#include "local/trace_print.h"
#include "local/trace_read.h"
#include "sys/clock.h"
#include "trace/inflow_io.h"
#include "trace/trace_io.h"
#include "wire/ip.h"

#define BESIDE_MAX 256 // ordinary traces at one time

struct live {
	const struct live_config *config;
	struct live_counts *counts;
	struct loop *loop;
	struct inflow_io *flows;
	struct trace_io *traces;
	struct loop_timer *timer;
};

static void print(struct live *v, const struct trace_record *r)
{
	char name[ADDR_TEXT];
	addr_write(r->dst, name);
	if (v->config->format == TRACE_FORMAT_JSON)
		trace_print_json(stdout, r, name, false, NULL);
	else if (trace_record_print(stdout, v->config->format, r, name, v->config->max_ttl, NULL) !=
		 ERR_OK)
		v->counts->refused++;
	fflush(stdout);
}

static void on_beside(void *self, const struct trace_record *r)
{
	struct live *v = self;
	v->counts->beside++;
	print(v, r);
}

// It comes as far as the server and its answers to this machine: in the flow's own port the app
// would hear of it, and NAT would give it another anyhow. The record says which flow it stands for.
static void on_inside(void *self, const struct inflow_result *r)
{
	struct live *v = self;
	struct trace_target t = TRACE_TARGET_DEFAULT;
	if (r->why == TRACE_INSIDE) {
		v->counts->inside++;
		print(v, &r->record);
		return;
	}
	t.beside_sport = r->record.sport;
	t.not_inside = (uint8_t)r->why;
	t.dst = r->record.dst;
	t.dport = r->record.dport;
	t.method = r->record.proto == IP_TCP ? TRACE_TCP_SYN : TRACE_UDP;
	t.max_ttl = (uint8_t)v->config->max_ttl;
	t.attempts = v->config->flows.attempts;
	t.gap = v->config->flows.gap;
	t.wait_ns = v->config->flows.wait_ns;
	if (trace_io_put(v->traces, &t) != ERR_OK)
		v->counts->refused++;
}

static void on_end(void *self, struct mono now)
{
	struct live *v = self;
	(void)now;
	inflow_io_stop(v->flows);
	trace_io_stop(v->traces);
	loop_stop(v->loop);
}

static void on_signal(void *self, uint32_t number)
{
	struct live *v = self;
	if (number != SIGINT && number != SIGTERM)
		return;
	v->counts->interrupted = true;
	on_end(v, clock_mono());
}

static enum err open_engines(struct live *v, struct fault *f)
{
	struct trace_io_config beside = TRACE_IO_DEFAULT;
	struct inflow_io_config inside = { .interface = v->config->interface,
					   .engine = v->config->flows,
					   .done = on_inside,
					   .self = v };
	beside.traces = BESIDE_MAX;
	beside.pace = v->config->flows.pace;
	beside.done = on_beside;
	beside.self = v;
	inside.engine.all = true;
	inside.engine.own_first = beside.sport_first;
	inside.engine.own_count = beside.sport_count;
	enum err err = trace_io_open(v->loop, &beside, &v->traces, f);
	return err == ERR_OK ? inflow_io_open(v->loop, &inside, &v->flows, f) : err;
}

static void tell(const struct live *v)
{
	const struct inflow_counts n = inflow_io_counts(v->flows);
	fprintf(stderr,
		"waymark trace: %s: packets %llu drops %llu flows %llu probes %llu unsent %llu "
		"answers %llu late %llu traced inside %zu beside %zu refused %zu\n",
		v->config->interface, (unsigned long long)n.packets,
		(unsigned long long)inflow_io_drops(v->flows), (unsigned long long)n.flows,
		(unsigned long long)n.probes, (unsigned long long)n.unsent,
		(unsigned long long)n.answers, (unsigned long long)n.late, v->counts->inside,
		v->counts->beside, v->counts->refused);
}

enum err live_measure(const struct live_config *c, struct live_counts *out, struct fault *f)
{
	struct live v = { .config = c, .counts = out };
	enum err err = loop_new(&v.loop, f);
	if (err == ERR_OK)
		err = loop_signals(v.loop, on_signal, &v, f);
	if (err == ERR_OK)
		err = loop_timer(v.loop, on_end, &v, &v.timer, f);
	if (err == ERR_OK)
		err = open_engines(&v, f);
	if (err == ERR_OK && c->for_ns > 0)
		loop_timer_at(v.timer, mono_add(clock_mono(), c->for_ns));
	if (err == ERR_OK)
		err = loop_run(v.loop, f);
	if (err == ERR_OK)
		tell(&v);
	inflow_io_close(&v.flows);
	trace_io_close(&v.traces);
	loop_timer_drop(&v.timer);
	loop_free(&v.loop);
	return err;
}
