// SPDX-License-Identifier: Apache-2.0
#include "trace/kin.h"

#include "base/table.h"
#include "trace/match.h"
#include "trace/probe.h"

#define KIN_MAX 64 // traces to one destination looked at for a rewritten answer

// Bytes only, so that it has no padding a hash would see.
struct flow_key {
	struct addr dst;
	uint8_t proto;
	uint8_t ports[4];
};

static struct flow_key flow_key(struct addr dst, uint8_t proto, uint16_t sport, uint16_t dport)
{
	return (struct flow_key){
		.dst = dst,
		.proto = proto,
		.ports = { (uint8_t)(sport >> 8), (uint8_t)sport, (uint8_t)(dport >> 8),
			   (uint8_t)dport },
	};
}

static struct flow_key target_key(const struct trace_target *t)
{
	return flow_key(t->dst, trace_proto(t->method, t->dst.family), t->sport,
			t->method == TRACE_ICMP ? 0 : t->dport);
}

enum err trace_kin_init(struct trace_kin *k, size_t traces, const uint64_t seed[2])
{
	k->flows = table_new(sizeof(struct flow_key), sizeof(uint32_t), traces, seed);
	k->targets = table_new(sizeof(struct addr), sizeof(uint32_t), traces, seed);
	return k->flows == NULL || k->targets == NULL ? ERR_MEMORY : ERR_OK;
}

void trace_kin_wipe(struct trace_kin *k)
{
	table_free(&k->flows);
	table_free(&k->targets);
}

bool trace_kin_has(const struct trace_kin *k, const struct trace_target *t)
{
	struct flow_key key = target_key(t);
	return table_find(k->flows, &key) != NULL;
}

enum err trace_kin_put(struct trace_kin *k, struct trace_path *paths, uint32_t slot)
{
	struct trace_path *p = &paths[slot];
	struct flow_key key = target_key(&p->target);
	bool fresh = false;
	uint32_t *first = table_put(k->targets, &p->target.dst, &fresh);
	uint32_t *mine = first == NULL ? NULL : table_put(k->flows, &key, NULL);
	if (mine == NULL) {
		if (first != NULL && fresh)
			(void)table_take(k->targets, &p->target.dst);
		return ERR_MEMORY;
	}
	*mine = slot;
	p->prev_same = TRACE_NO_SLOT;
	p->next_same = fresh ? TRACE_NO_SLOT : *first;
	if (!fresh)
		paths[*first].prev_same = slot;
	*first = slot;
	return ERR_OK;
}

void trace_kin_take(struct trace_kin *k, struct trace_path *paths, uint32_t slot)
{
	struct trace_path *p = &paths[slot];
	struct flow_key key = target_key(&p->target);
	(void)table_take(k->flows, &key);
	if (p->next_same != TRACE_NO_SLOT)
		paths[p->next_same].prev_same = p->prev_same;
	if (p->prev_same != TRACE_NO_SLOT) {
		paths[p->prev_same].next_same = p->next_same;
	} else if (p->next_same == TRACE_NO_SLOT) {
		(void)table_take(k->targets, &p->target.dst);
	} else {
		uint32_t *first = table_find(k->targets, &p->target.dst);
		*first = p->next_same;
	}
}

uint32_t trace_kin_find(const struct trace_kin *k, const struct trace_path *paths,
			const struct trace_reply *r, uint16_t *serial, uint8_t *mark)
{
	struct flow_key key = flow_key(r->dst, r->proto, r->sport, r->dport);
	const uint32_t *slot = table_find(k->flows, &key);
	if (slot != NULL && trace_match(&paths[*slot], r, serial, mark))
		return *slot;
	// A NAT may have changed the ports: ask the others with this destination.
	slot = table_find(k->targets, &r->dst);
	uint32_t at = slot == NULL ? TRACE_NO_SLOT : *slot;
	for (int i = 0; at != TRACE_NO_SLOT && i < KIN_MAX; i++, at = paths[at].next_same)
		if (trace_match(&paths[at], r, serial, mark))
			return at;
	return TRACE_NO_SLOT;
}
