// SPDX-License-Identifier: Apache-2.0
#include "node/tracing.h"

#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "base/text.h"
#include "log/log.h"
#include "node/limits.h"
#include "pace/pace.h"
#include "sys/clock.h"
#include "trace/inflow_io.h"
#include "trace/mda_io.h"
#include "trace/mda_record.h"
#include "trace/trace_io.h"

// What a trace that is under way is for.
struct errand {
	struct run_id run;
	uint8_t side;
	enum trace_purpose purpose;
	char peer[NODE_NAME_MAX + 1];
	node_traced_fn *done;
	void *self;
};

struct tracing {
	struct loop *loop;
	const struct node_config *config;
	struct trace_io *io;
	struct inflow_io *flows; // open while a visit wants traces inside flows
	bool flows_refused;      // said once
	struct mda_io *graphs;   // open while a visit wants graphs
	bool graphs_refused;     // said once
	struct pace *pace;
	struct names_io *names;
	struct records *records;
	struct table *errands; // tag -> struct errand
};

static void ask_names(struct tracing *t, struct span addrs, struct addr dst)
{
	static const uint8_t silent[16];
	size_t size = dst.family == 4 ? 4 : 16;
	for (size_t at = 0; at + size <= addrs.len; at += size)
		if (memcmp(addrs.at + at, silent, size) != 0)
			names_io_ask(t->names, addr_of(span_cut(addrs, at, size)));
	names_io_ask(t->names, dst);
}

// False: nobody asked for that.
static bool take_errand(struct tracing *t, uint64_t tag, struct errand *out)
{
	const struct errand *found = table_find(t->errands, &tag);
	if (found == NULL)
		return false;
	*out = *found;
	(void)table_take(t->errands, &tag);
	return true;
}

static void on_trace(void *self, const struct trace_record *record)
{
	struct tracing *t = self;
	struct trace_record r = *record;
	struct errand e;
	if (!take_errand(t, r.id, &e))
		return;
	r.run = e.run;
	r.side = e.side;
	r.purpose = e.purpose;
	r.peer = span_text(e.peer);
	records_trace(t->records, &r);
	ask_names(t, r.addrs, r.dst);
	if (e.done != NULL)
		e.done(e.self);
}

static void on_graph(void *self, const struct mda_done *d)
{
	struct tracing *t = self;
	struct graph_record r;
	struct arena arena;
	struct errand e;
	if (!take_errand(t, d->tag, &e))
		return;
	arena_init(&arena, MDA_RECORD_MAX);
	if (mda_record_make(d->mda, &arena, &r) == ERR_OK) {
		int64_t took = d->took_ns / NS_PER_US;
		r.id = d->tag;
		r.run = e.run;
		r.purpose = e.purpose;
		r.start = d->start;
		r.duration_us = took > UINT32_MAX ? UINT32_MAX : (uint32_t)took;
		r.kernel_drops = d->drops;
		records_graph(t->records, &r);
		ask_names(t, r.addrs, r.dst);
	} else {
		struct fault f;
		fault_set(&f, ERR_MEMORY, 0, "a graph was found and there is no memory to tell it");
		log_fault(LOG_ERROR, "trace", "graph_lost", &f);
	}
	arena_wipe(&arena);
	if (e.done != NULL)
		e.done(e.self);
}

static void on_name(void *self, struct addr addr, struct span name)
{
	struct tracing *t = self;
	const struct name_record r = { .addr = addr, .name = name, .at = clock_wall() };
	records_name(t->records, &r);
}

static enum err open_pace(struct tracing *t, const struct node_config *c, struct fault *f)
{
	const struct pace_limits limits = {
		.all = (double)c->rate,
		.target = (double)c->rate_target,
		.net = (double)c->rate_net,
		.first = (double)c->rate_first,
		.burst_s = 0.05,
		.targets = 65536,
		.seed = { random_u64(), random_u64() },
	};
	t->pace = pace_new(&limits);
	if (t->pace == NULL)
		return fault_set(f, ERR_MEMORY, 0, "rate limits: no memory");
	for (size_t i = 0; i < c->policy.deny_count; i++)
		if (pace_put(t->pace, c->policy.deny[i]) != ERR_OK)
			return fault_set(f, ERR_FULL, 0, "deny: more than %d prefixes",
					 PACE_DENY_MAX);
	return ERR_OK;
}

static enum err open_engine(struct loop *l, struct tracing *t, const struct node_config *c,
			    struct fault *f)
{
	struct trace_io_config config = TRACE_IO_DEFAULT;
	config.traces = TRACING_MAX;
	config.sport_first = (uint16_t)c->sport_first;
	config.sport_count = (uint16_t)c->sport_count;
	config.pace = t->pace;
	config.share = true; // who borrows says the order
	config.done = on_trace;
	config.self = t;
	return trace_io_open(l, &config, &t->io, f);
}

static void on_flow_trace(void *self, const struct inflow_result *r)
{
	on_trace(self, &r->record);
}

// All flows of a visit have one order's limits.
static void limit_flows(const struct trace_limits *l, uint8_t most, struct inflow_config *c)
{
	if (l->attempts != 0)
		c->attempts = l->attempts;
	if (c->attempts > most)
		c->attempts = most;
	if (c->again > most - c->attempts)
		c->again = (uint8_t)(most - c->attempts);
	if (l->gap != 0)
		c->gap = l->gap;
	if (l->max_ttl != 0 && l->max_ttl < INFLOW_FAR)
		c->max_ttl = l->max_ttl;
	if (l->wait_ms != 0)
		c->wait_ns = l->wait_ms * NS_PER_MS;
}

static enum err put_flow(struct tracing *t, const struct node_trace *want, uint64_t tag)
{
	struct fault f;
	const struct inflow_key k = { .remote = want->target.addr,
				      .rport = want->target.port,
				      .lport = want->flow_port,
				      .proto = want->flow_proto };
	struct inflow_io_config c = { .interface = t->config->outside,
				      .engine = INFLOW_DEFAULT,
				      .done = on_flow_trace,
				      .self = t };
	c.engine.own_first = (uint16_t)t->config->sport_first;
	c.engine.own_count = (uint16_t)t->config->sport_count;
	c.engine.pace = t->pace;
	limit_flows(&want->limits, (uint8_t)t->config->max_attempts, &c.engine);
	if (t->flows_refused)
		return ERR_UNSUPPORTED;
	if (t->flows == NULL && inflow_io_open(t->loop, &c, &t->flows, &f) != ERR_OK) {
		t->flows_refused = true;
		log_fault(LOG_WARN, "trace", "no_traces_inside_flows", &f);
		return ERR_UNSUPPORTED;
	}
	return inflow_io_put(t->flows, tag, &k);
}

void tracing_refused(struct tracing *t, const struct node_trace *want, enum trace_not_inside why)
{
	const uint8_t extra[] = { 0, 0, TRACE_NOT_INSIDE, 1, (uint8_t)why };
	const struct trace_record r = {
		.run = want->run,
		.id = random_u64(),
		.start = clock_wall(),
		.purpose = want->purpose,
		.side = want->side,
		.dst = want->target.addr,
		.method = TRACE_FLOW,
		.proto = want->flow_proto,
		.sport = want->flow_port,
		.dport = want->target.port,
		.stop = TRACE_REFUSED,
		.extra = span_of(extra, sizeof(extra)),
	};
	records_trace(t->records, &r);
}

// Where it is not begun, the record says why; another that has the same flow speaks for itself.
static enum err put_inside(struct tracing *t, const struct node_trace *want, uint64_t tag)
{
	enum err err = put_flow(t, want, tag);
	if (err != ERR_OK && err != ERR_EXISTS)
		tracing_refused(t, want, err == ERR_UNSUPPORTED ? TRACE_UNHEARD : TRACE_FULL);
	return err;
}

static enum err open_graphs(struct tracing *t)
{
	struct fault f;
	struct mda_io_config c = MDA_IO_DEFAULT;
	const struct node_config *n = t->config;
	c.sport_first = (uint16_t)n->sport_first;
	c.sport_count = (uint16_t)(n->sport_count < MDA_FLOWS_MAX ? n->sport_count : MDA_FLOWS_MAX);
	c.pace = t->pace;
	c.done = on_graph;
	c.self = t;
	if (t->graphs_refused)
		return ERR_UNSUPPORTED;
	if (t->graphs != NULL || mda_io_open(t->loop, &c, &t->graphs, &f) == ERR_OK)
		return ERR_OK;
	t->graphs_refused = true;
	log_fault(LOG_WARN, "trace", "no_graphs", &f);
	return ERR_UNSUPPORTED;
}

static enum err put_graph(struct tracing *t, const struct node_trace *want, uint64_t tag)
{
	struct mda_target to = MDA_TARGET_DEFAULT;
	to.dst = want->target.addr;
	to.method = want->target.method;
	to.dport = want->target.port;
	limits_graph(&want->limits, want->graph, (uint8_t)t->config->max_attempts, &to);
	enum err err = open_graphs(t);
	return err == ERR_OK ? mda_io_put(t->graphs, tag, &to) : err;
}

enum err tracing_open(struct loop *l, const struct node_config *c, struct records *records,
		      struct tracing **out, struct fault *f)
{
	const uint64_t seed[2] = { random_u64(), random_u64() };
	struct tracing *t = calloc(1, sizeof(*t));
	if (t == NULL)
		return fault_set(f, ERR_MEMORY, 0, "tracing: no memory");
	t->loop = l;
	t->config = c;
	t->records = records;
	t->errands = table_new(sizeof(uint64_t), sizeof(struct errand), TRACING_MAX, seed);
	enum err err = t->errands == NULL ? fault_set(f, ERR_MEMORY, 0, "tracing: no memory")
					  : open_pace(t, c, f);
	if (err == ERR_OK)
		err = open_engine(l, t, c, f);
	if (err == ERR_OK)
		err = names_io_open(l, c->resolver4, on_name, t, &t->names, f);
	if (err != ERR_OK)
		tracing_close(&t);
	else
		*out = t;
	return err;
}

void tracing_close(struct tracing **out)
{
	struct tracing *t = *out;
	if (t == NULL)
		return;
	names_io_close(&t->names);
	trace_io_close(&t->io);
	inflow_io_close(&t->flows);
	mda_io_close(&t->graphs);
	pace_free(&t->pace);
	table_free(&t->errands);
	free(t);
	*out = NULL;
}

enum err tracing_put(struct tracing *t, const struct node_trace *want)
{
	struct trace_target target = TRACE_TARGET_DEFAULT;
	uint64_t tag = random_u64();
	target.tag = tag;
	target.dst = want->target.addr;
	target.method = want->target.method;
	target.dport = want->target.port;
	target.spread = TRACE_SPREAD;
	limits_trace(&want->limits, (uint8_t)t->config->max_attempts, &target);
	target.beside_sport = want->flow_port;
	struct errand *e = table_put(t->errands, &tag, NULL);
	if (e == NULL)
		return ERR_FULL;
	*e = (struct errand){
		.run = want->run,
		.side = want->side,
		.purpose = want->purpose,
		.done = want->done,
		.self = want->self,
	};
	enum err err = text_copy(e->peer, sizeof(e->peer), want->target.peer);
	if (err == ERR_OK && want->graph != NULL)
		err = put_graph(t, want, tag);
	else if (err == ERR_OK)
		err = want->target.method == TRACE_FLOW ? put_inside(t, want, tag)
							: trace_io_put(t->io, &target);
	if (err != ERR_OK)
		(void)table_take(t->errands, &tag);
	return err;
}

void tracing_forget(struct tracing *t, const void *self)
{
	size_t at = 0;
	const void *key;
	void *value;
	while (table_each(t->errands, &at, &key, &value)) {
		struct errand *e = value;
		if (e->self != self)
			continue;
		e->done = NULL;
		e->self = NULL;
	}
	// The uplink is listened to only while there is a reason.
	if (t->flows != NULL && inflow_io_count(t->flows) == 0)
		inflow_io_close(&t->flows);
	if (t->graphs != NULL && mda_io_count(t->graphs) == 0)
		mda_io_close(&t->graphs);
}
