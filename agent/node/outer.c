// SPDX-License-Identifier: Apache-2.0
#include "node/outer.h"

#include "base/macro.h"
#include "wire/ip.h"

// An ICMP flow has none, in the flow table and in a record; its translations have identifiers.
static bool has_ports(uint8_t proto)
{
	return proto != IP_ICMP && proto != IP_ICMP6;
}

static struct nat_tuple turned(const struct nat_tuple *t)
{
	return (struct nat_tuple){ t->proto, t->b, t->a, t->bport, t->aport };
}

static bool same_flow(const struct nat_tuple *x, const struct nat_tuple *y)
{
	bool ports = !has_ports(x->proto) || (x->aport == y->aport && x->bport == y->bport);
	return x->proto == y->proto && ports && addr_eq(x->a, y->a) && addr_eq(x->b, y->b);
}

// What the uplink saw of one translation.
static void add(const struct flow_table *flows, const struct nat_tuple *t, struct flow_outer *out)
{
	struct flow_key k = { t->proto, t->a, t->b, t->aport, t->bport };
	struct flow flow;
	if (!has_ports(t->proto))
		k.aport = k.bport = 0;
	if (!flow_find(flows, &k, &flow))
		return;
	bool back = !addr_eq(flow.key.a, k.a) || flow.key.aport != k.aport;
	const struct flow_side *there = back ? &flow.ba : &flow.ab;
	const struct flow_side *here = back ? &flow.ab : &flow.ba;
	out->pkts_ab += there->packets;
	out->bytes_ab += there->bytes;
	out->pkts_ba += here->packets;
	out->bytes_ba += here->bytes;
}

// Several translations may have made one flow outside: it is added once.
static bool added(const struct nat_mapping *m, size_t i)
{
	for (size_t before = 0; before < i; before++)
		if (same_flow(&m[before].outer, &m[i].outer))
			return true;
	return false;
}

static struct flow_outer sum_of(const struct flow_table *flows, const struct nat_mapping *m,
				size_t count)
{
	struct flow_outer sum = { .mappings = (uint32_t)count };
	for (size_t i = 0; i < count && i < OUTER_SUMMED; i++)
		if (!added(m, i))
			add(flows, &m[i].outer, &sum);
	sum.a = m[0].outer.a;
	sum.b = m[0].outer.b;
	if (has_ports(m[0].outer.proto)) {
		sum.aport = m[0].outer.aport;
		sum.bport = m[0].outer.bport;
	}
	return sum;
}

// As the other end tells it.
static struct flow_outer turned_outer(const struct flow_outer *o)
{
	return (struct flow_outer){
		.a = o->b,
		.b = o->a,
		.aport = o->bport,
		.bport = o->aport,
		.pkts_ab = o->pkts_ba,
		.bytes_ab = o->bytes_ba,
		.pkts_ba = o->pkts_ab,
		.bytes_ba = o->bytes_ab,
		.mappings = o->mappings,
	};
}

void outer_join(const struct nat *nat, const struct flow_table *flows, struct flow_record *r)
{
	struct nat_mapping m[OUTER_SUMMED];
	struct nat_tuple t = { r->proto, r->a, r->b, r->aport, r->bport };
	size_t count = nat_find(nat, &t, m, COUNT(m));
	bool back = count == 0; // the server was heard first
	if (back) {
		t = turned(&t);
		count = nat_find(nat, &t, m, COUNT(m));
	}
	if (count == 0)
		return;
	r->outer = sum_of(flows, m, count);
	if (back)
		r->outer = turned_outer(&r->outer);
}
