// SPDX-License-Identifier: Apache-2.0
#include "node/trace_list.h"

#include <stdio.h>
#include <stdlib.h>

#include "sys/clock.h"

#define TRACE_LIST_WINDOW 256               // targets being traced at once
#define TRACE_LIST_TICK   (100 * NS_PER_MS) // between two looks

struct trace_list {
	struct node *node;
	visit_end_fn *end;
	const struct order *order;
	struct loop_timer *timer;
	size_t next, begun, ended, refused;
};

static void on_traced(void *self)
{
	struct trace_list *l = self;
	l->ended++;
}

static void begin_more(struct trace_list *l)
{
	const struct order *o = l->order;
	while (l->next < o->target_count && l->begun - l->ended < TRACE_LIST_WINDOW) {
		const struct node_trace t = {
			.target = o->targets[l->next],
			.limits = o->limits,
			.graph = o->kind == ORDER_GRAPH ? &o->graph : NULL,
			.run = o->run,
			.purpose = TRACE_ADHOC,
			.done = on_traced,
			.self = l,
		};
		enum err err = node_trace(l->node, &t);
		if (err == ERR_FULL || err == ERR_EXISTS)
			return; // room comes when others end, of this order or of another
		l->next++;
		if (err == ERR_OK)
			l->begun++;
		else
			l->refused++;
	}
}

static void on_tick(void *self, struct mono now)
{
	struct trace_list *l = self;
	char text[80];
	begin_more(l);
	if (l->next < l->order->target_count || l->ended < l->begun) {
		loop_timer_at(l->timer, mono_add(now, TRACE_LIST_TICK));
		return;
	}
	snprintf(text, sizeof(text), "%zu traced, %zu not possible", l->ended, l->refused);
	l->end(l->node, l, l->ended > 0 || l->refused == 0 ? ORDER_DONE : ORDER_FAILED, text);
}

enum err trace_list_open(struct node *n, const struct order *o, visit_end_fn *end,
			 struct trace_list **out, struct fault *f)
{
	struct trace_list *l = calloc(1, sizeof(*l));
	if (l == NULL)
		return fault_set(f, ERR_MEMORY, 0, "trace list: no memory");
	*l = (struct trace_list){ .node = n, .end = end, .order = o };
	enum err err = loop_timer(node_loop(n), on_tick, l, &l->timer, f);
	if (err != ERR_OK) {
		trace_list_close(&l);
		return err;
	}
	loop_timer_at(l->timer, clock_mono());
	*out = l;
	return ERR_OK;
}

void trace_list_close(struct trace_list **out)
{
	struct trace_list *l = *out;
	if (l == NULL)
		return;
	node_trace_forget(l->node, l);
	loop_timer_drop(&l->timer);
	free(l);
	*out = NULL;
}
