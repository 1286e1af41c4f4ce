// SPDX-License-Identifier: Apache-2.0
#include "trace/inflow_state.h"

struct mono inflow_due(const struct inflow *e)
{
	struct mono due = mono_add(e->now, 200 * NS_PER_MS);
	for (size_t i = 0; i < INFLOW_TRACES; i++)
		if (e->traces[i].state == INFLOW_PROBING && mono_before(e->now, e->traces[i].next))
			due = mono_min(due, e->traces[i].next);
	return due;
}

size_t inflow_guards(const struct inflow *e, struct inflow_key *out, size_t max)
{
	size_t n = 0;
	for (size_t i = 0; i < INFLOW_TRACES && n < max; i++)
		if (e->traces[i].state != INFLOW_FREE)
			out[n++] = e->traces[i].key;
	return n;
}

size_t inflow_count(const struct inflow *e)
{
	size_t n = table_count(e->wants);
	for (size_t i = 0; i < INFLOW_TRACES; i++)
		n += e->traces[i].state != INFLOW_FREE && e->traces[i].state != INFLOW_LINGER;
	return n;
}

struct inflow_counts inflow_counted(const struct inflow *e)
{
	return e->counts;
}
