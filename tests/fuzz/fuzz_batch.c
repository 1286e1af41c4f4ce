// SPDX-License-Identifier: Apache-2.0
#include <assert.h>

#include "msg/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(const struct batch *b)
{
	union {
		struct trace_record trace;
		struct flow_record flow;
		struct step_record step;
		struct message_record message;
		struct outcome_record outcome;
		struct name_record name;
		struct gap_record gap;
		struct dns_pair_record dns_pair;
		struct page_record page;
		struct resolver_record resolver;
		struct graph_record graph;
	} u;
	for (size_t i = 0; i < batch_traces(b); i++)
		if (batch_trace(b, i, &u.trace) == ERR_OK)
			assert(trace_check(&u.trace) == ERR_OK);
	for (size_t i = 0; i < batch_flows(b); i++)
		(void)!batch_flow(b, i, &u.flow);
	for (size_t i = 0; i < batch_steps(b); i++)
		(void)!batch_step(b, i, &u.step);
	for (size_t i = 0; i < batch_messages(b); i++)
		(void)!batch_message(b, i, &u.message);
	for (size_t i = 0; i < batch_outcomes(b); i++)
		(void)!batch_outcome(b, i, &u.outcome);
	for (size_t i = 0; i < batch_names(b); i++)
		(void)!batch_name(b, i, &u.name);
	for (size_t i = 0; i < batch_gaps(b); i++)
		(void)!batch_gap(b, i, &u.gap);
	for (size_t i = 0; i < batch_dns_pairs(b); i++)
		if (batch_dns_pair(b, i, &u.dns_pair) == ERR_OK)
			assert(dns_pair_check(&u.dns_pair) == ERR_OK);
	for (size_t i = 0; i < batch_pages(b); i++)
		if (batch_page(b, i, &u.page) == ERR_OK)
			assert(page_check(&u.page) == ERR_OK);
	for (size_t i = 0; i < batch_resolvers(b); i++)
		if (batch_resolver(b, i, &u.resolver) == ERR_OK)
			assert(resolver_check(&u.resolver) == ERR_OK);
	for (size_t i = 0; i < batch_graphs(b); i++)
		if (batch_graph(b, i, &u.graph) == ERR_OK)
			assert(graph_check(&u.graph) == ERR_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct batch *b;
	arena_init(&arena, 1 << 22);
	if (batch_read(span_of(data, size), &arena, &b) == ERR_OK)
		read_all(b);
	arena_wipe(&arena);
	return 0;
}
