// SPDX-License-Identifier: Apache-2.0
#include "nat/nat.h"

#include <stdlib.h>

#include "base/table.h"
#include "base/wr.h"

#define KEY 38 // protocol, family, two addresses and ports

struct key {
	uint8_t bytes[KEY];
};

// What runs through the cable.
struct half {
	struct nat_tuple inner, outer;
	bool alive;   // inner is what the namespace made it of, and still does
	bool waiting; // the node told of it before the namespace did
	bool told;    // as a mapping, and it stands: to hear it again is no news
};

struct kept {
	struct nat_mapping mapping;
	uint32_t before; // the one before it of the same inner tuple, from 1; 0: none
};

struct nat {
	struct addr space4, space6;
	struct kept *kept; // owned
	size_t count, told;
	struct table *halves;        // owned; struct half by what runs through the cable
	struct table *inner, *outer; // owned; the newest mapping, from 1
	uint64_t lost;
};

static struct key key_of(const struct nat_tuple *t)
{
	struct key k = { 0 };
	struct wr w = wr_of(k.bytes, sizeof(k.bytes));
	wr_u8(&w, t->proto);
	wr_u8(&w, t->a.family);
	wr_bytes(&w, span_of(t->a.bytes, sizeof(t->a.bytes)));
	wr_bytes(&w, span_of(t->b.bytes, sizeof(t->b.bytes)));
	wr_u16(&w, t->aport);
	wr_u16(&w, t->bport);
	return k;
}

static struct nat_tuple turned(const struct nat_tuple *t)
{
	return (struct nat_tuple){ t->proto, t->b, t->a, t->bport, t->aport };
}

struct nat *nat_new(struct addr space4, struct addr space6, const uint64_t seed[2])
{
	struct nat *n = calloc(1, sizeof(*n));
	if (n == NULL)
		return NULL;
	n->space4 = space4;
	n->space6 = space6;
	n->kept = calloc(NAT_MAPPINGS, sizeof(*n->kept));
	n->halves = table_new(KEY, sizeof(struct half), NAT_MAPPINGS, seed);
	n->inner = table_new(KEY, sizeof(uint32_t), NAT_MAPPINGS, seed);
	n->outer = table_new(KEY, sizeof(uint32_t), NAT_MAPPINGS, seed);
	if (n->kept == NULL || n->halves == NULL || n->inner == NULL || n->outer == NULL)
		nat_free(&n);
	return n;
}

void nat_free(struct nat **out)
{
	struct nat *n = *out;
	if (n == NULL)
		return;
	free(n->kept);
	table_free(&n->halves);
	table_free(&n->inner);
	table_free(&n->outer);
	free(n);
	*out = NULL;
}

static bool same(const struct nat_tuple *x, const struct nat_tuple *y)
{
	return x->proto == y->proto && x->aport == y->aport && x->bport == y->bport &&
	       addr_eq(x->a, y->a) && addr_eq(x->b, y->b);
}

static bool is_space(const struct nat *n, struct addr a)
{
	return a.family != 0 && (addr_eq(a, n->space4) || addr_eq(a, n->space6));
}

// Among the ICMP flows of a phone, which have no ports, one is found by its addresses alone.
static struct nat_tuple without_ports(struct nat_tuple t)
{
	if (t.proto == 1 || t.proto == 58)
		t.aport = t.bport = 0;
	return t;
}

static void keep(struct nat *n, struct half *h, struct wall at)
{
	h->told = true;
	if (n->count == NAT_MAPPINGS) {
		n->lost++;
		return;
	}
	struct nat_tuple flow = without_ports(h->inner);
	struct key inner = key_of(&flow), outer = key_of(&h->outer);
	uint32_t *newest = table_put(n->inner, &inner, NULL);
	uint32_t *packet = table_put(n->outer, &outer, NULL);
	if (newest == NULL || packet == NULL) {
		n->lost++;
		return;
	}
	n->kept[n->count++] = (struct kept){
		.mapping = { .inner = h->inner, .outer = h->outer, .at = at },
		.before = *newest,
	};
	*newest = *packet = (uint32_t)n->count;
}

static struct half *half_of(struct nat *n, const struct nat_tuple *cable)
{
	struct key k = key_of(cable);
	struct half *h = table_put(n->halves, &k, NULL);
	n->lost += h == NULL;
	return h;
}

static void hear_space(struct nat *n, const struct nat_event *e, struct wall at)
{
	struct nat_tuple cable = turned(&e->answered);
	if (!is_space(n, cable.a) || is_space(n, e->asked.a))
		return;
	struct half *h = half_of(n, &cable);
	if (h == NULL)
		return;
	h->told &= !e->ended && same(&h->inner, &e->asked);
	h->alive = !e->ended;
	h->inner = e->asked;
	if (!h->alive || !h->waiting)
		return;
	h->waiting = false;
	keep(n, h, at);
}

// The node ended it, while it may stand in the namespace.
static void forget(struct nat *n, const struct nat_tuple *cable)
{
	struct key k = key_of(cable);
	struct half *h = table_find(n->halves, &k);
	if (h != NULL)
		h->told = false;
}

static void hear_node(struct nat *n, const struct nat_event *e, struct wall at)
{
	if (!is_space(n, e->asked.a))
		return;
	if (e->ended) {
		forget(n, &e->asked);
		return;
	}
	struct nat_tuple outer = turned(&e->answered);
	struct half *h = half_of(n, &e->asked);
	if (h == NULL)
		return;
	h->told &= same(&h->outer, &outer);
	h->outer = outer;
	h->waiting = !h->alive;
	if (h->alive && !h->told)
		keep(n, h, at);
}

void nat_hear(struct nat *n, enum nat_place place, const struct nat_event *e, struct wall at)
{
	if (place == NAT_SPACE)
		hear_space(n, e, at);
	else
		hear_node(n, e, at);
}

bool nat_next(struct nat *n, struct nat_mapping *out)
{
	if (n->told == n->count)
		return false;
	*out = n->kept[n->told++].mapping;
	return true;
}

size_t nat_find(const struct nat *n, const struct nat_tuple *inner, struct nat_mapping *out,
		size_t max)
{
	struct nat_tuple flow = without_ports(*inner);
	struct key k = key_of(&flow);
	const uint32_t *newest = table_find(n->inner, &k);
	size_t count = 0;
	for (uint32_t at = newest != NULL ? *newest : 0; at != 0; at = n->kept[at - 1].before) {
		if (count < max)
			out[count] = n->kept[at - 1].mapping;
		count++;
	}
	return count;
}

bool nat_ours(const struct nat *n, const struct nat_tuple *packet)
{
	struct nat_tuple back = turned(packet);
	struct key there = key_of(packet), here = key_of(&back);
	return table_find(n->outer, &there) != NULL || table_find(n->outer, &here) != NULL;
}

uint64_t nat_lost(const struct nat *n)
{
	return n->lost;
}
