// SPDX-License-Identifier: Apache-2.0
#include "msg/batch.h"

#include "msg/unpack.h"

static size_t unknown_in(const ProtobufCMessage *m)
{
	return m->n_unknown_fields;
}

// Fields numbered 16 and above that this build does not know are records of a newer node.
static size_t unknown_records(const Waymark__Batch *b)
{
	size_t n = 0;
	for (unsigned i = 0; i < b->base.n_unknown_fields; i++)
		n += b->base.unknown_fields[i].tag >= BATCH_FIRST_RECORD;
	return n;
}

static size_t unknown_page(const Waymark__Page *p)
{
	return unknown_in(&p->base) + (p->http != NULL ? unknown_in(&p->http->base) : 0) +
	       (p->https != NULL ? unknown_in(&p->https->base) : 0) +
	       (p->tls != NULL ? unknown_in(&p->tls->base) : 0);
}

static size_t count_unknown(const Waymark__Batch *b)
{
	size_t n = unknown_in(&b->base) + (b->clock != NULL ? unknown_in(&b->clock->base) : 0);
	for (size_t i = 0; i < b->n_trace; i++)
		n += unknown_in(&b->trace[i]->base);
	for (size_t i = 0; i < b->n_flow; i++)
		n += unknown_in(&b->flow[i]->base);
	for (size_t i = 0; i < b->n_step; i++)
		n += unknown_in(&b->step[i]->base);
	for (size_t i = 0; i < b->n_message; i++)
		n += unknown_in(&b->message[i]->base);
	for (size_t i = 0; i < b->n_outcome; i++)
		n += unknown_in(&b->outcome[i]->base);
	for (size_t i = 0; i < b->n_name; i++)
		n += unknown_in(&b->name[i]->base);
	for (size_t i = 0; i < b->n_gap; i++)
		n += unknown_in(&b->gap[i]->base);
	for (size_t i = 0; i < b->n_dns_pair; i++)
		n += unknown_in(&b->dns_pair[i]->base);
	for (size_t i = 0; i < b->n_page; i++)
		n += unknown_page(b->page[i]);
	for (size_t i = 0; i < b->n_resolver; i++)
		n += unknown_in(&b->resolver[i]->base);
	for (size_t i = 0; i < b->n_mapping; i++)
		n += unknown_in(&b->mapping[i]->base);
	for (size_t i = 0; i < b->n_capture; i++)
		n += unknown_in(&b->capture[i]->base);
	for (size_t i = 0; i < b->n_graph; i++)
		n += unknown_in(&b->graph[i]->base);
	return n;
}

static enum err read_head(const Waymark__Batch *b, struct batch_head *out)
{
	if (b->version != BATCH_VERSION)
		return ERR_UNSUPPORTED;
	if (text_of(b->node, NODE_NAME_MAX, &out->node) != ERR_OK ||
	    clock_of(b->clock, &out->clock) != ERR_OK)
		return ERR_FORMAT;
	out->epoch = b->epoch;
	out->seq = b->seq;
	out->sealed = wall_of(b->sealed_ns);
	out->records = b->records;
	size_t known = b->n_trace + b->n_flow + b->n_step + b->n_message + b->n_outcome +
		       b->n_name + b->n_gap + b->n_dns_pair + b->n_page + b->n_resolver +
		       b->n_mapping + b->n_capture + b->n_graph;
	return known + unknown_records(b) == b->records ? ERR_OK : ERR_FORMAT;
}

enum err batch_read(struct span body, struct arena *arena, struct batch **out)
{
	ProtobufCMessage *m;
	*out = NULL;
	if (body.len > BATCH_SIZE_MAX)
		return ERR_FULL;
	enum err err = unpack(&waymark__batch__descriptor, body, arena, &m);
	if (err != ERR_OK)
		return err;
	struct batch *b = arena_take(arena, sizeof(*b));
	if (b == NULL)
		return ERR_FULL;
	b->pb = (const Waymark__Batch *)m;
	b->unknown = count_unknown(b->pb);
	err = read_head(b->pb, &b->head);
	if (err == ERR_OK)
		*out = b;
	return err;
}

const struct batch_head *batch_head(const struct batch *b)
{
	return &b->head;
}

size_t batch_unknown(const struct batch *b)
{
	return b->unknown;
}

size_t batch_traces(const struct batch *b)
{
	return b->pb->n_trace;
}

size_t batch_flows(const struct batch *b)
{
	return b->pb->n_flow;
}

size_t batch_steps(const struct batch *b)
{
	return b->pb->n_step;
}

size_t batch_messages(const struct batch *b)
{
	return b->pb->n_message;
}

size_t batch_outcomes(const struct batch *b)
{
	return b->pb->n_outcome;
}

size_t batch_names(const struct batch *b)
{
	return b->pb->n_name;
}

size_t batch_gaps(const struct batch *b)
{
	return b->pb->n_gap;
}

size_t batch_pages(const struct batch *b)
{
	return b->pb->n_page;
}

size_t batch_resolvers(const struct batch *b)
{
	return b->pb->n_resolver;
}

size_t batch_mappings(const struct batch *b)
{
	return b->pb->n_mapping;
}

size_t batch_captures(const struct batch *b)
{
	return b->pb->n_capture;
}

size_t batch_graphs(const struct batch *b)
{
	return b->pb->n_graph;
}
