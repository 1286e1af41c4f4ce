// SPDX-License-Identifier: Apache-2.0
//
// The records of a batch as rows: one line for each kind.
#include "store/rows.h"

typedef enum err row_fn(const struct batch *b, uint32_t i, struct rows_key k, struct wr *w);
typedef size_t count_fn(const struct batch *b);

#define ROW(kind)                                                                                  \
	static enum err kind##_row(const struct batch *b, uint32_t i, struct rows_key k,           \
				   struct wr *w)                                                   \
	{                                                                                          \
		struct kind##_record r;                                                            \
		enum err err = batch_##kind(b, i, &r);                                             \
		return err != ERR_OK ? err : rows_##kind(w, k, i, &r);                             \
	}

ROW(trace)
ROW(flow)
ROW(step)
ROW(message)
ROW(outcome)
ROW(name)
ROW(dns_pair)
ROW(page)
ROW(resolver)
ROW(mapping)
ROW(capture)
ROW(graph)
ROW(gap)

static const struct {
	row_fn *row;
	count_fn *count;
} kinds[] = {
	[ROWS_TRACE] = { trace_row, batch_traces },
	[ROWS_FLOW] = { flow_row, batch_flows },
	[ROWS_STEP] = { step_row, batch_steps },
	[ROWS_MESSAGE] = { message_row, batch_messages },
	[ROWS_OUTCOME] = { outcome_row, batch_outcomes },
	[ROWS_NAME] = { name_row, batch_names },
	[ROWS_DNS_PAIR] = { dns_pair_row, batch_dns_pairs },
	[ROWS_PAGE] = { page_row, batch_pages },
	[ROWS_RESOLVER] = { resolver_row, batch_resolvers },
	[ROWS_MAPPING] = { mapping_row, batch_mappings },
	[ROWS_CAPTURE] = { capture_row, batch_captures },
	[ROWS_GRAPH] = { graph_row, batch_graphs },
	[ROWS_GAP] = { gap_row, batch_gaps },
};
_Static_assert(COUNT(kinds) == ROWS_GAP + 1, "a kind of record has no row");

size_t rows_count(const struct batch *b, enum rows_table t)
{
	return kinds[t].count(b);
}

enum err rows_record(struct wr *w, struct rows_key k, const struct batch *b, enum rows_table t,
		     uint32_t i)
{
	return kinds[t].row(b, i, k, w);
}
