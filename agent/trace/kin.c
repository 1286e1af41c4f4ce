// SPDX-License-Identifier: Apache-2.0
#include "trace/kin.h"

#include <stdlib.h>
#include <string.h>

#include "trace/match.h"
#include "trace/probe.h"

#define KIN_MAX 64 // traces to one destination looked at for a rewritten answer

struct flow {
	const struct addr *dst;
	uint16_t sport, dport;
	uint8_t proto;
};

static struct flow flow_of(const struct trace_target *t)
{
	return (struct flow){
		.dst = &t->dst,
		.sport = t->sport,
		.dport = t->method == TRACE_ICMP ? 0 : t->dport,
		.proto = trace_proto(t->method, t->dst.family),
	};
}

static bool same_flow(const struct trace_target *t, const struct flow *f)
{
	struct flow own = flow_of(t);
	return own.sport == f->sport && own.dport == f->dport && own.proto == f->proto &&
	       addr_eq(t->dst, *f->dst);
}

// What is in the table is what we were asked to trace; answers only look it up. Hence no hash that
// withstands strangers.
static uint64_t mix(uint64_t v)
{
	v = (v ^ v >> 32) * 0x9e3779b97f4a7c15;
	v = (v ^ v >> 29) * 0xbf58476d1ce4e5b9;
	return v ^ v >> 32;
}

static uint32_t *target_chain(const struct trace_kin *k, const struct addr *dst)
{
	uint64_t half[2];
	memcpy(half, dst->bytes, sizeof(half));
	return &k->targets[mix(mix(half[0] ^ k->seed) + half[1]) & k->mask];
}

static uint32_t *flow_chain(const struct trace_kin *k, const struct flow *f)
{
	uint64_t half[2];
	uint64_t ports = (uint64_t)f->proto << 32 | (uint64_t)f->sport << 16 | f->dport;
	memcpy(half, f->dst->bytes, sizeof(half));
	return &k->flows[mix(mix(half[0] ^ k->seed) + half[1] + ports) & k->mask];
}

static uint32_t find_flow(const struct trace_kin *k, const struct trace_path *paths,
			  const struct flow *f)
{
	uint32_t at = *flow_chain(k, f);
	while (at != TRACE_NO_SLOT && !same_flow(&paths[at].target, f))
		at = paths[at].next_flow;
	return at;
}

enum err trace_kin_init(struct trace_kin *k, size_t traces, const uint64_t seed[2])
{
	size_t chains = 16;
	while (chains < traces)
		chains *= 2;
	*k = (struct trace_kin){ .mask = chains - 1, .seed = seed[0] ^ seed[1] };
	k->flows = malloc(chains * sizeof(*k->flows));
	k->targets = malloc(chains * sizeof(*k->targets));
	if (k->flows == NULL || k->targets == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < chains; i++)
		k->flows[i] = k->targets[i] = TRACE_NO_SLOT;
	return ERR_OK;
}

void trace_kin_wipe(struct trace_kin *k)
{
	free(k->flows);
	free(k->targets);
	*k = (struct trace_kin){ 0 };
}

bool trace_kin_has(const struct trace_kin *k, const struct trace_path *paths,
		   const struct trace_target *t)
{
	struct flow f = flow_of(t);
	return find_flow(k, paths, &f) != TRACE_NO_SLOT;
}

void trace_kin_put(struct trace_kin *k, struct trace_path *paths, uint32_t slot)
{
	struct trace_path *p = &paths[slot];
	struct flow f = flow_of(&p->target);
	uint32_t *flows = flow_chain(k, &f), *targets = target_chain(k, &p->target.dst);
	p->next_flow = *flows;
	*flows = slot;
	p->prev_same = TRACE_NO_SLOT;
	p->next_same = *targets;
	if (*targets != TRACE_NO_SLOT)
		paths[*targets].prev_same = slot;
	*targets = slot;
}

void trace_kin_take(struct trace_kin *k, struct trace_path *paths, uint32_t slot)
{
	struct trace_path *p = &paths[slot];
	struct flow f = flow_of(&p->target);
	uint32_t *at = flow_chain(k, &f);
	while (*at != slot)
		at = &paths[*at].next_flow;
	*at = p->next_flow;
	if (p->next_same != TRACE_NO_SLOT)
		paths[p->next_same].prev_same = p->prev_same;
	if (p->prev_same != TRACE_NO_SLOT)
		paths[p->prev_same].next_same = p->next_same;
	else
		*target_chain(k, &p->target.dst) = p->next_same;
}

static struct flow flow_told(const struct trace_reply *r)
{
	return (struct flow){
		.dst = &r->dst, .sport = r->sport, .dport = r->dport, .proto = r->proto
	};
}

uint32_t trace_kin_guess(const struct trace_kin *k, const struct trace_reply *r)
{
	struct flow f = flow_told(r);
	return *flow_chain(k, &f);
}

uint32_t trace_kin_find(const struct trace_kin *k, const struct trace_path *paths,
			const struct trace_reply *r, uint16_t *serial, uint8_t *mark)
{
	struct flow f = flow_told(r);
	uint32_t at = find_flow(k, paths, &f);
	if (at != TRACE_NO_SLOT && trace_match(&paths[at], r, serial, mark))
		return at;
	// A NAT may have changed the ports: ask the others with this destination.
	at = *target_chain(k, &r->dst);
	for (int i = 0; at != TRACE_NO_SLOT && i < KIN_MAX; at = paths[at].next_same) {
		if (!addr_eq(paths[at].target.dst, r->dst))
			continue;
		if (trace_match(&paths[at], r, serial, mark))
			return at;
		i++;
	}
	return TRACE_NO_SLOT;
}
