// SPDX-License-Identifier: Apache-2.0
#include "trace/inflow.h"

#include <stdlib.h>
#include <string.h>

#include "trace/inflow_state.h"
#include "wire/ip.h"

#define LINGER_NS (2 * NS_PER_S)
#define SWEEP_NS  NS_PER_S
#define TURNS     2 // the first hop may be held, or the trace refused: then once more

struct inflow *inflow_new(const struct inflow_config *c)
{
	struct inflow *e = calloc(1, sizeof(*e));
	if (e == NULL)
		return NULL;
	e->config = *c;
	e->flows =
		table_new(sizeof(struct inflow_key), sizeof(struct inflow_flow), c->flows, c->seed);
	e->wants = table_new(sizeof(struct inflow_server), sizeof(struct inflow_want), INFLOW_WANTS,
			     c->seed);
	e->seqs = calloc((size_t)INFLOW_TRACES * INFLOW_PROBES, sizeof(*e->seqs));
	e->scratch = trace_scratch_new();
	e->first_held = e->lost_at = (struct mono){ INT64_MIN };
	if (e->flows == NULL || e->wants == NULL || e->seqs == NULL || e->scratch == NULL)
		inflow_free(&e);
	return e;
}

void inflow_free(struct inflow **e)
{
	if (*e == NULL)
		return;
	table_free(&(*e)->flows);
	table_free(&(*e)->wants);
	for (size_t i = 0; i < INFLOW_TRACES; i++)
		trace_path_wipe(&(*e)->traces[i].path);
	trace_path_wipe(&(*e)->unmet.path);
	trace_scratch_free(&(*e)->scratch);
	free((*e)->seqs);
	free(*e);
	*e = NULL;
}

void inflow_hear_guard(struct inflow *e, bool stands)
{
	for (size_t i = 0; i < INFLOW_TRACES; i++) {
		struct inflow_trace *t = &e->traces[i];
		if (t->state != INFLOW_UNGUARDED)
			continue;
		t->path.refused = !stands;
		t->state = INFLOW_PROBING;
		if (!stands)
			inflow_end(t, TRACE_NO_GUARD);
	}
}

// --- what to do ---------------------------------------------------------------------------------

// A probe to TTL, if it may go now.
static bool send_one(struct inflow *e, struct inflow_trace *t, const struct inflow_flow *f,
		     uint8_t ttl, struct inflow_probe *probe)
{
	struct trace_path *p = &t->path;
	struct mono until = MONO_NEVER;
	struct wr w = wr_of(e->frame, sizeof(e->frame));
	enum pace_verdict v = PACE_GO;
	if (e->config.pace != NULL)
		v = ttl == 1 ? pace_ask_first(e->config.pace, e->now, t->key.remote, t->key.local,
					      &until)
			     : pace_ask(e->config.pace, e->now, t->key.remote, &until);
	if (v == PACE_WAIT_FIRST)
		e->first_held = until; // it goes on with other hops
	else if (v != PACE_REFUSED)
		t->next = until;
	p->refused = v == PACE_REFUSED;
	if (v != PACE_GO)
		return false;
	struct trace_probe fields;
	p->target.flow_label = f->label;
	trace_path_send(p, e->now, ttl, &fields);
	e->sender = t;
	if (!inflow_probe_write(t, f, fields.ref.serial, &w)) {
		inflow_hear_failed(e);
		p->refused = true;
		return false;
	}
	t->next = mono_add(e->now, e->config.spacing_ns);
	e->counts.probes++;
	probe->frame = span_of(w.at, w.len);
	probe->ipv6 = t->key.local.family == 6;
	return true;
}

// The flow may have ended, or the way become shorter: never at the server's distance.
static const struct inflow_flow *flow_now(struct inflow *e, struct inflow_trace *t)
{
	const struct inflow_flow *f = table_find(e->flows, &t->key);
	if (f == NULL || !inflow_ready(f, e->now))
		return NULL;
	uint8_t last = inflow_last_ttl(&e->config, f->server_ttl);
	uint8_t distance = (uint8_t)(inflow_distance(f->server_ttl) + 1);
	if (last < t->path.target.max_ttl)
		t->path.target.max_ttl = last;
	if (distance < t->path.target.distance)
		t->path.target.distance = distance;
	return f;
}

static bool serve(struct inflow *e, struct inflow_trace *t, struct inflow_probe *probe)
{
	const struct trace_scene scene = { .first_held = e->first_held, .lost_at = e->lost_at };
	const struct inflow_flow *f = flow_now(e, t);
	struct mono until = e->now;
	uint8_t ttl = 0;
	switch (trace_path_step(&t->path, e->now, &scene, &ttl, &until)) {
	case TRACE_STEP_SEND:
		if (f != NULL)
			return send_one(e, t, f, ttl, probe);
		inflow_end(t, TRACE_FLOW_ENDED);
		t->path.stopped = !inflow_enough(t);
		return false;
	case TRACE_STEP_SLEEP:
		t->next = until;
		return false;
	case TRACE_STEP_DONE:
		inflow_end(t, t->path.refused ? TRACE_FLOW_DENIED : TRACE_UNSENT);
		return false;
	}
	return false;
}

static void hand_over(struct inflow *e, struct inflow_trace *t, struct inflow_result *out)
{
	struct trace_record *r = &out->record;
	struct trace_target *target = &t->path.target;
	bool asked = t->path.serials > t->path.unsent || target->distance == 1;
	target->not_inside = asked ? TRACE_INSIDE : target->not_inside;
	out->why = (enum trace_not_inside)target->not_inside;
	trace_record_make(e->scratch, &t->path, e->now, r);
	if (r->stop == TRACE_MAX_TTL || r->stop == TRACE_GAP)
		r->stop = inflow_verdict(t);
	r->kernel_drops = (uint32_t)(e->drops - t->drops);
	r->proto = t->key.proto;
}

static bool unmet(struct inflow *e, struct inflow_result *out)
{
	size_t at = 0;
	const void *key;
	void *value;
	while (table_each(e->wants, &at, &key, &value)) {
		const struct inflow_want *w = value;
		struct inflow_server s = *(const struct inflow_server *)key;
		if (mono_before(e->now, w->until))
			continue;
		const struct trace_target target = { .tag = w->tag,
						     .start = w->wall,
						     .dst = s.addr,
						     .method = TRACE_FLOW,
						     .sport = s.lport,
						     .dport = s.port,
						     .not_inside = (uint8_t)w->why,
						     .first_ttl = 1 };
		trace_path_wipe(&e->unmet.path);
		e->unmet.drops = e->drops;
		e->unmet.key.proto = s.proto;
		if (trace_path_init(&e->unmet.path, &target, e->now, 0) != ERR_OK)
			return false;
		e->unmet.path.refused = true;
		hand_over(e, &e->unmet, out);
		(void)table_take(e->wants, &s);
		return true;
	}
	return false;
}

static bool is_due(const struct inflow *e, const struct inflow_trace *t)
{
	return t->state == INFLOW_PROBING && !mono_before(e->now, t->next);
}

enum inflow_step inflow_next(struct inflow *e, struct inflow_probe *probe,
			     struct inflow_result *result)
{
	e->sender = NULL;
	if (e->guard_changed) {
		e->guard_changed = false;
		return INFLOW_GUARD;
	}
	for (size_t i = 0; i < INFLOW_TRACES; i++) {
		struct inflow_trace *t = &e->traces[i];
		for (int turn = 0; turn < TURNS && is_due(e, t); turn++)
			if (serve(e, t, probe))
				return INFLOW_SEND;
		if (t->state != INFLOW_OVER)
			continue;
		hand_over(e, t, result);
		t->state = INFLOW_LINGER;
		t->until = mono_add(e->now, LINGER_NS);
		return INFLOW_FINISHED;
	}
	return unmet(e, result) ? INFLOW_FINISHED : INFLOW_NOTHING;
}

static void sweep(struct inflow *e)
{
	size_t at = 0, dead = 0;
	const void *key;
	void *value;
	struct inflow_key keys[64];
	if (mono_since(e->now, e->swept) < SWEEP_NS)
		return;
	e->swept = e->now;
	while (dead < 64 && table_each(e->flows, &at, &key, &value))
		if (mono_since(e->now, ((struct inflow_flow *)value)->last) >= INFLOW_IDLE_NS)
			keys[dead++] = *(const struct inflow_key *)key;
	for (size_t i = 0; i < dead; i++)
		(void)table_take(e->flows, &keys[i]);
}

void inflow_tick(struct inflow *e, struct mono now)
{
	e->now = now;
	for (size_t i = 0; i < INFLOW_TRACES; i++) {
		struct inflow_trace *t = &e->traces[i];
		if (t->state != INFLOW_LINGER || mono_before(now, t->until))
			continue;
		t->state = INFLOW_FREE;
		e->guard_changed = true;
	}
	sweep(e);
}

static void stop(struct inflow_trace *t)
{
	t->path.stopped = true;
	inflow_end(t, TRACE_STOPPED);
}

void inflow_stop(struct inflow *e)
{
	size_t at = 0;
	const void *key;
	void *value;
	while (table_each(e->wants, &at, &key, &value))
		((struct inflow_want *)value)->until = e->now;
	for (size_t i = 0; i < INFLOW_TRACES; i++)
		if (e->traces[i].state == INFLOW_PROBING || e->traces[i].state == INFLOW_UNGUARDED)
			stop(&e->traces[i]);
}
