// SPDX-License-Identifier: Apache-2.0
#include "node/server_trace.h"

#include "node/worth.h"

static void on_traced(void *self)
{
	struct server_trace *s = self;
	s->traced++;
}

void server_trace_one(struct server_trace *s, const struct target *target,
		      enum trace_purpose purpose)
{
	const struct node_trace t = {
		.target = *target,
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

// Inside the flow itself, which takes its very path; where that cannot be done the ordinary
// traces stand alone.
static void inside(struct server_trace *s, const struct flow_key *k)
{
	const struct node_trace t = {
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
	if (node_trace(s->node, &t) == ERR_OK)
		s->traces++;
}

void server_trace_flow(struct server_trace *s, const struct tunnel_order *t,
		       const struct flow_key *k)
{
	if (!worth_tracing(node_config(s->node), t, k) || s->targets >= SERVER_TRACE_MOST)
		return;
	s->targets++;
	struct target target = {
		.addr = k->b,
		.port = k->bport,
		.method = k->proto == 6 ? TRACE_TCP_SYN : TRACE_UDP,
	};
	inside(s, k);
	server_trace_one(s, &target, TRACE_TARGET);
	target.port = 0;
	target.method = TRACE_ICMP;
	server_trace_one(s, &target, TRACE_TARGET);
}
