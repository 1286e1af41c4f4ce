// SPDX-License-Identifier: Apache-2.0
//
// What this machine lost itself: a probe that did not leave, an answer there was no room for.
// Neither is a router's silence.
#include "trace/inflow_state.h"

void inflow_hear_sent(struct inflow *e, struct mono at)
{
	struct inflow_trace *t = e->sender;
	if (t != NULL)
		trace_path_sent(&t->path, (uint16_t)(t->path.serials - 1), at);
}

void inflow_hear_failed(struct inflow *e)
{
	struct inflow_trace *t = e->sender;
	e->sender = NULL;
	if (t == NULL)
		return;
	trace_path_unsent(&t->path, (uint16_t)(t->path.serials - 1));
	e->counts.unsent++;
}

void inflow_hear_drops(struct inflow *e, uint64_t drops)
{
	if (drops > e->drops)
		e->lost_at = e->now;
	e->drops = drops;
}
