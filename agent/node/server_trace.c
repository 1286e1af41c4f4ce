// SPDX-License-Identifier: Apache-2.0
#include "node/server_trace.h"

#include "node/worth.h"

static void on_traced(void *self)
{
	struct server_trace *s = self;
	s->traced++;
}

static void ordinary(struct server_trace *s, const struct target *target,
		     enum trace_purpose purpose, uint16_t beside)
{
	const struct node_trace t = {
		.target = *target,
		.flow_port = beside,
		.limits = s->limits,
		.run = s->run,
		.side = s->side,
		.purpose = purpose,
		.done = on_traced,
		.self = s,
	};
	if (node_trace(s->node, &t) == ERR_OK)
		s->traces++;
	else
		s->refused++;
}

void server_trace_one(struct server_trace *s, const struct target *target,
		      enum trace_purpose purpose)
{
	ordinary(s, target, purpose, 0);
}

static struct node_trace flow_of(struct server_trace *s, const struct flow_key *k)
{
	return (struct node_trace){
		.target = { .addr = k->b, .port = k->bport, .method = TRACE_FLOW },
		.flow_proto = k->proto,
		.flow_port = k->aport,
		.limits = s->limits,
		.run = s->run,
		.side = s->side,
		.purpose = TRACE_TARGET,
		.done = on_traced,
		.self = s,
	};
}

// Inside the flow itself as the routers see it, which takes its very path; where that cannot be
// done the ordinary traces stand alone, and its record says why.
static void inside(struct server_trace *s, const struct flow_key *k)
{
	const struct node_trace t = flow_of(s, k);
	if (node_trace(s->node, &t) == ERR_OK)
		s->traces++;
}

void server_trace_end(struct server_trace *s)
{
	for (size_t i = 0; i < s->waiting_count; i++) {
		const struct node_trace t = flow_of(s, &s->waiting[i]);
		node_trace_refused(s->node, &t, TRACE_UNMAPPED);
	}
	s->waiting_count = 0;
}

static bool same(const struct flow_key *x, const struct flow_key *y)
{
	return x->proto == y->proto && x->aport == y->aport && x->bport == y->bport &&
	       addr_eq(x->a, y->a) && addr_eq(x->b, y->b);
}

void server_trace_mapped(void *self, const struct flow_key *k, const struct flow_key *outside)
{
	struct server_trace *s = self;
	for (size_t i = 0; i < s->waiting_count; i++) {
		if (!same(&s->waiting[i], k))
			continue;
		s->waiting[i] = s->waiting[--s->waiting_count];
		inside(s, outside);
		return;
	}
}

void server_trace_flow(struct server_trace *s, const struct tunnel_order *t,
		       const struct flow_key *k, struct twin *twin)
{
	struct flow_key outside = *k;
	if (!worth_tracing(node_config(s->node), t, k) || s->targets >= SERVER_TRACE_MOST)
		return;
	s->targets++;
	struct target target = {
		.addr = k->b,
		.port = k->bport,
		.method = k->proto == 6 ? TRACE_TCP_SYN : TRACE_UDP,
	};
	if (twin == NULL || twin_find(twin, k, &outside))
		inside(s, &outside);
	else
		s->waiting[s->waiting_count++] = *k; // as many as targets
	ordinary(s, &target, TRACE_TARGET, outside.aport);
	target.port = 0;
	target.method = TRACE_ICMP;
	server_trace_one(s, &target, TRACE_TARGET);
}
