// SPDX-License-Identifier: Apache-2.0
#include "trace/share.h"

#include <string.h>

// Bytes only, so that it has no padding a hash would see.
struct place {
	struct addr addr;
	uint8_t ttl;
};

// What stands at a place.
struct found {
	struct addr before;
	struct mono forked; // when it was last seen behind another than before
	uint8_t type, code, reply_ttl, quoted_ttl;
	uint32_t rtt_us;
	uint64_t from;
	struct mono at;
};

static bool half_init(struct share_half *h, const uint64_t seed[2])
{
	h->routers = table_new(sizeof(struct place), sizeof(struct found), SHARE_ROUTERS, seed);
	h->networks = table_new(sizeof(struct addr), sizeof(uint8_t), SHARE_NETWORKS, seed);
	return h->routers != NULL && h->networks != NULL;
}

enum err share_init(struct trace_share *s, const uint64_t seed[2])
{
	*s = (struct trace_share){ .seed = { seed[0], seed[1] } };
	return half_init(&s->young, seed) && half_init(&s->old, seed) ? ERR_OK : ERR_MEMORY;
}

void share_wipe(struct trace_share *s)
{
	table_free(&s->young.routers);
	table_free(&s->young.networks);
	table_free(&s->old.routers);
	table_free(&s->old.networks);
}

// Makes room for one more in *YOUNG; what is in *OLD is forgotten when it has none.
static bool make_room(struct table **young, struct table **old, size_t limit, struct table *fresh)
{
	if (table_count(*young) < limit) {
		table_free(&fresh);
		return true;
	}
	if (fresh == NULL)
		return false;
	table_free(old);
	*old = *young;
	*young = fresh;
	return true;
}

static struct table *fresh_routers(const struct trace_share *s)
{
	if (table_count(s->young.routers) < SHARE_ROUTERS)
		return NULL;
	return table_new(sizeof(struct place), sizeof(struct found), SHARE_ROUTERS, s->seed);
}

static const struct found *find(const struct trace_share *s, const struct place *p)
{
	const struct found *f = table_find(s->young.routers, p);
	return f != NULL ? f : table_find(s->old.routers, p);
}

void share_put(struct trace_share *s, const struct share_hop *hop)
{
	const struct place place = { hop->addr, hop->ttl };
	const struct found *known = find(s, &place);
	struct found now = {
		.before = hop->before,
		.type = hop->type,
		.code = hop->code,
		.reply_ttl = hop->reply_ttl,
		.quoted_ttl = hop->quoted_ttl,
		.rtt_us = hop->rtt_us,
		.from = hop->from,
		.at = hop->at,
		.forked = { INT64_MIN / 2 },
	};
	if (known != NULL)
		now.forked = addr_eq(hop->before, known->before) ? known->forked : hop->at;
	if (!make_room(&s->young.routers, &s->old.routers, SHARE_ROUTERS, fresh_routers(s)))
		return;
	struct found *mine = table_put(s->young.routers, &place, NULL);
	if (mine != NULL)
		*mine = now;
}

bool share_find(const struct trace_share *s, struct mono now, int64_t age_ns, struct addr addr,
		uint8_t ttl, struct share_hop *out)
{
	const struct place place = { addr, ttl };
	const struct found *f = find(s, &place);
	if (f == NULL || mono_since(now, f->at) > age_ns || mono_since(now, f->forked) <= age_ns)
		return false;
	*out = (struct share_hop){
		.addr = addr,
		.ttl = ttl,
		.before = f->before,
		.from = f->from,
		.at = f->at,
		.rtt_us = f->rtt_us,
		.type = f->type,
		.code = f->code,
		.reply_ttl = f->reply_ttl,
		.quoted_ttl = f->quoted_ttl,
	};
	return true;
}

// The network's first address stands for it.
static struct addr network_of(struct addr a)
{
	size_t whole = a.family == 4 ? 3 : 6;
	memset(a.bytes + whole, 0, sizeof(a.bytes) - whole);
	return a;
}

void share_put_distance(struct trace_share *s, struct addr dst, uint8_t ttl)
{
	struct addr net = network_of(dst);
	struct table *fresh = NULL;
	s->typical = ttl;
	if (table_count(s->young.networks) >= SHARE_NETWORKS)
		fresh = table_new(sizeof(struct addr), sizeof(uint8_t), SHARE_NETWORKS, s->seed);
	if (!make_room(&s->young.networks, &s->old.networks, SHARE_NETWORKS, fresh))
		return;
	uint8_t *mine = table_put(s->young.networks, &net, NULL);
	if (mine != NULL)
		*mine = ttl;
}

uint8_t share_distance(const struct trace_share *s, struct addr dst)
{
	struct addr net = network_of(dst);
	const uint8_t *ttl = table_find(s->young.networks, &net);
	if (ttl == NULL)
		ttl = table_find(s->old.networks, &net);
	return ttl == NULL ? 0 : *ttl;
}
