// SPDX-License-Identifier: Apache-2.0
//
// What this machine lost itself: a probe that did not leave, an answer there was no room for.
// Neither is a router's silence.
#include "trace/inflow_state.h"

void inflow_hear_failed(struct inflow *e)
{
	struct inflow_trace *t = e->sender;
	e->sender = NULL;
	if (t == NULL)
		return;
	struct inflow_attempt *a = &t->attempts[t->count - 1];
	a->unsent = true;
	a->mark = TRACE_LOST;
	t->unsent++;
	e->counts.unsent++;
}

static void note_lost(struct inflow_trace *t, struct mono now, int64_t wait)
{
	for (size_t i = 0; i < t->count; i++)
		if (!t->attempts[i].answered && mono_since(now, t->attempts[i].sent) <= wait)
			t->attempts[i].mark = TRACE_LOST; // an answer that comes yet takes it back
}

void inflow_hear_drops(struct inflow *e, uint64_t drops)
{
	bool more = drops > e->drops;
	e->drops = drops;
	for (size_t i = 0; more && i < INFLOW_TRACES; i++)
		if (e->traces[i].state == INFLOW_PROBING)
			note_lost(&e->traces[i], e->now, e->config.wait_ns);
}
