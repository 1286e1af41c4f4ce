// SPDX-License-Identifier: Apache-2.0
#include "lab/world_dns.h"

#include <stdio.h>
#include <string.h>

#include "base/table.h"
#include "base/text.h"
#include "lab/world_part.h"

static const uint64_t seed[2] = { 0x646e73, 0x776f726c64 };

const char *world_lie_name(enum world_lie l)
{
	static const char *const names[] = { "none",    "page",  "bogon",   "nxdomain", "servfail",
					     "refused", "empty", "silence", "wrong-id" };

	return (size_t)l < COUNT(names) ? names[l] : NULL;
}

const char *world_does_name(enum world_does d)
{
	static const char *const names[] = { "recursive", "forwarder", "transparent", "authority",
					     "nobody" };

	return (size_t)d < COUNT(names) ? names[d] : NULL;
}

const char *world_tls_name(enum world_tls t)
{
	static const char *const names[] = { "good", "wrong", "self", "expired", "none" };

	return (size_t)t < COUNT(names) ? names[t] : NULL;
}

struct addr world_addr_plus(struct addr a, uint64_t n)
{
	for (int i = a.family == 6 ? 15 : 3; i >= 0 && n > 0; i--) {
		n += a.bytes[i];
		a.bytes[i] = (uint8_t)n;
		n >>= 8;
	}
	return a;
}

// How far A is beyond FIRST; -1 when it is before it or out of reach.
static int64_t distance(struct addr first, struct addr a)
{
	int len = first.family == 6 ? 16 : 4;
	uint64_t n = 0, m = 0;

	if (first.family != a.family || memcmp(first.bytes, a.bytes, (size_t)len - 4) != 0)
		return -1;
	for (int i = len - 4; i < len; i++) {
		n = n << 8 | first.bytes[i];
		m = m << 8 | a.bytes[i];
	}
	return (int64_t)m - (int64_t)n;
}

const struct world_net *world_net_find(const struct world *w, struct addr a)
{
	for (int i = 0; i < w->net_count; i++)
		if (prefix_holds(w->nets[i].prefix, a))
			return &w->nets[i];
	return NULL;
}

const struct world_crowd *world_crowd_find(const struct world *w, struct addr a, int *member)
{
	for (int i = 0; i < w->crowd_count; i++) {
		int64_t at = distance(w->crowds[i].first, a);
		if (at < 0 || at >= w->crowds[i].count)
			continue;
		*member = (int)at;
		return &w->crowds[i];
	}
	return NULL;
}

struct addr world_crowd_addr(const struct world_crowd *c, int member)
{
	return world_addr_plus(c->first, (uint64_t)member);
}

struct addr world_crowd_egress(const struct world *w, const struct world_crowd *c, int member)
{
	// A crowd's upstream stands above it in the file, so this ends.
	while (c->upstream != WORLD_NONE) {
		c = &w->crowds[c->upstream];
		member %= c->count;
	}
	return world_crowd_addr(c, member);
}

const struct world_crowd *world_crowd_liar(const struct world *w, const struct world_crowd *c,
					   const struct world_domain *d)
{
	for (;; c = &w->crowds[c->upstream]) {
		if (c->lie != LIE_NONE && world_domain_listed(d, c->list))
			return c;
		if (c->upstream == WORLD_NONE)
			return NULL;
	}
}

void world_crowd_ptr(const struct world_crowd *c, int member, char out[static WORLD_PTR_MAX])
{
	struct wr w = wr_of(out, WORLD_PTR_MAX - 1);

	for (const char *p = c->ptr ? c->ptr : ""; *p; p++) {
		if (*p == '%')
			wr_format(&w, "%d", member + 1);
		else
			wr_u8(&w, (uint8_t)*p);
	}
	out[w.len] = '\0';
}

// --- domains -------------------------------------------------------------------------------------

const struct world_domain *world_domain_find(const struct world *w, const char *name)
{
	while (name && w->domain_table) {
		uint64_t hash = table_hash(seed, span_text(name));
		const int *at = table_find(w->domain_table, &hash);
		if (at && strcmp(w->domains[*at].name, name) == 0)
			return &w->domains[*at];
		name = strchr(name, '.');
		name = name ? name + 1 : NULL;
	}
	return NULL;
}

bool world_domain_listed(const struct world_domain *d, const char *list)
{
	struct span rest = span_text(d->lists);

	while (rest.at)
		if (text_is(text_cut(&rest, ','), list))
			return true;
	return false;
}

// The part of a pool that is near PLACE: that of the router it is at, else one that its network
// falls into.
static uint64_t part_of(const struct world *w, const struct world_domain *d, struct addr place)
{
	int router = world_place_find(w, place).router;

	if (router != WORLD_NONE)
		return (uint64_t)router % (uint64_t)d->places;
	return table_hash(seed, span_of(place.bytes, place.family == 6 ? 6 : 3)) %
	       (uint64_t)d->places;
}

// Of the part near PLACE a name has `turns` addresses, another name others; the NTH question is
// answered with the next ones of them.
static int pool_addrs(const struct world *w, const struct world_domain *d, struct addr place,
		      const struct prefix *pool, uint64_t nth, struct addr *out)
{
	int host_bits = (pool->addr.family == 6 ? 128 : 32) - pool->bits;
	uint64_t size = host_bits > 16 ? 1u << 16 : 1u << host_bits;
	uint64_t each = size / (uint64_t)d->places;
	uint64_t first = part_of(w, d, place) * each;
	uint64_t own = table_hash(seed, span_text(d->name)) % each;
	uint64_t turns = (uint64_t)d->turns < each ? (uint64_t)d->turns : each;

	for (uint64_t i = 0; i < (uint64_t)d->answers; i++)
		out[i] = world_addr_plus(pool->addr, first + (own + (nth + i) % turns) % each);
	return d->answers;
}

int world_domain_addrs(const struct world *w, const struct world_domain *d, struct addr place,
		       int family, uint64_t nth, struct addr out[static WORLD_ANSWERS_MAX])
{
	const struct prefix *pool = family == 6 ? &d->pool6 : &d->pool4;
	struct addr own = family == 6 ? d->v6 : d->v4;

	if (pool->addr.family)
		return pool_addrs(w, d, place, pool, nth, out);
	out[0] = d->whoami ? place : own;
	return out[0].family == family ? 1 : 0;
}

// --- checks --------------------------------------------------------------------------------------

static enum err domains_fill(const struct world_reading *r)
{
	struct world *w = r->w;

	w->domain_table = table_new(sizeof(uint64_t), sizeof(int), 2 * WORLD_DOMAINS_MAX, seed);
	if (!w->domain_table)
		return world_fault(r, ERR_MEMORY, "no memory for the domains");
	for (int i = 0; i < w->domain_count; i++) {
		struct world_reading at = *r;
		uint64_t hash = table_hash(seed, span_text(w->domains[i].name));
		bool fresh;
		int *value = table_put(w->domain_table, &hash, &fresh);
		at.line = w->domains[i].line;
		if (!value)
			return world_fault(&at, ERR_MEMORY, "no memory for the domains");
		if (!fresh)
			return world_fault(&at, ERR_USAGE, "domain %s is there already; rename one",
					   w->domains[i].name);
		*value = i;
	}
	return ERR_OK;
}

static enum err nets_check(const struct world_reading *r)
{
	const struct world *w = r->w;

	for (int i = 0; i < w->net_count; i++) {
		struct world_reading at = *r;
		at.line = w->nets[i].line;
		for (int k = 0; k < i; k++)
			if (prefix_holds(w->nets[i].prefix, w->nets[k].prefix.addr) ||
			    prefix_holds(w->nets[k].prefix, w->nets[i].prefix.addr))
				return world_fault(&at, ERR_USAGE, "this net overlaps another");
		for (int k = 0; k < w->router_count; k++)
			if (prefix_holds(w->nets[i].prefix, w->routers[k].v4) ||
			    prefix_holds(w->nets[i].prefix, w->routers[k].v6))
				return world_fault(&at, ERR_USAGE,
						   "this net holds the address of router %s",
						   w->routers[k].name);
	}
	return ERR_OK;
}

static enum err crowds_check(const struct world_reading *r)
{
	struct world *w = r->w;

	for (int i = 0; i < w->crowd_count; i++) {
		struct world_crowd *c = &w->crowds[i];
		struct world_reading at = *r;
		at.line = c->line;
		const struct world_net *net = world_net_find(w, c->first);
		if (!net || !prefix_holds(net->prefix, world_crowd_addr(c, c->count - 1)))
			return world_fault(&at, ERR_USAGE, "no net holds all of crowd %s", c->name);
		c->net = (int)(net - w->nets);
		int member;
		const struct world_crowd *other = world_crowd_find(w, c->first, &member);
		if (other != c)
			return world_fault(&at, ERR_USAGE, "crowd %s begins inside crowd %s",
					   c->name, other->name);
	}
	return ERR_OK;
}

enum err world_dns_fill(const struct world_reading *r)
{
	enum err err = domains_fill(r);

	if (err == ERR_OK)
		err = nets_check(r);
	return err == ERR_OK ? crowds_check(r) : err;
}
