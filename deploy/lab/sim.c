// SPDX-License-Identifier: Apache-2.0
#include "lab/sim.h"

#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "lab/inject.h"
#include "lab/packet.h"
#include "lab/route.h"

#define STEPS_MAX 1024 // a packet and the answer to it, each at most 255 routers, with room

struct slot {
	uint8_t bytes[SIM_PACKET_MAX];
	uint16_t len;
	int host;
	int next_free;
};

struct bucket {
	double tokens;
	struct mono at;
};

struct sim {
	const struct world *w;
	struct route *route;
	struct table *places; // struct addr -> struct world_place
	struct slot *slots;
	int free_slot;
	struct heap due;
	struct bucket buckets[WORLD_ROUTERS_MAX];
	unsigned turn[WORLD_ROUTERS_MAX]; // per-packet balancing
	uint64_t forged[WORLD_INJECTORS_MAX];
	struct mono now, heard;
	uint64_t random;
	uint16_t id;
	struct sim_stats stats;
};

// A packet on its way.
struct walk {
	uint8_t bytes[SIM_PACKET_MAX];
	struct packet p;
	struct world_place to;
	uint64_t flow;
	int at;        // router
	bool own;      // made here: its TTL is not ours to lower
	struct mono t; // when it is at AT
};

static enum err place_put(struct sim *s, struct addr a)
{
	struct world_place place = world_place_find(s->w, a);
	void *value = a.family ? table_put(s->places, &a, NULL) : &place;

	if (!value)
		return ERR_MEMORY;
	memcpy(value, &place, sizeof(place));
	return ERR_OK;
}

// Every address is looked up once, here, so that the packet path only asks a table.
static enum err places_fill(struct sim *s)
{
	enum err err = ERR_OK;

	for (int i = 0; i < s->w->router_count && err == ERR_OK; i++) {
		err = place_put(s, s->w->routers[i].v4);
		if (err == ERR_OK)
			err = place_put(s, s->w->routers[i].v6);
	}
	for (int i = 0; i < s->w->host_count && err == ERR_OK; i++) {
		const struct world_host *h = &s->w->hosts[i];
		const struct addr all[] = { h->v4, h->v6, h->lan_v4, h->lan_v6 };
		for (size_t k = 0; k < COUNT(all) && err == ERR_OK; k++)
			err = place_put(s, all[k]);
	}
	return err;
}

struct sim *sim_new(const struct world *w, uint64_t seed)
{
	const uint64_t none[2] = { 0, 0 };
	struct sim *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->w = w;
	s->random = seed;
	heap_init(&s->due, SIM_QUEUE_MAX);
	s->route = route_new(w);
	s->slots = calloc(SIM_QUEUE_MAX, sizeof(*s->slots));
	s->places = table_new(sizeof(struct addr), sizeof(struct world_place),
			      4 * (WORLD_HOSTS_MAX + WORLD_ROUTERS_MAX), none);
	if (!s->route || !s->slots || !s->places || places_fill(s) != ERR_OK) {
		sim_free(&s);
		return NULL;
	}
	for (int i = 0; i < w->router_count; i++)
		s->buckets[i].tokens = w->routers[i].icmp_burst;
	// Untouched slots stay unbacked memory: the newest freed one is taken first.
	for (int i = 0; i < SIM_QUEUE_MAX; i++)
		s->slots[i].next_free = i + 1 < SIM_QUEUE_MAX ? i + 1 : WORLD_NONE;
	return s;
}

void sim_free(struct sim **s)
{
	if (!*s)
		return;
	route_free(&(*s)->route);
	table_free(&(*s)->places);
	heap_wipe(&(*s)->due);
	free((*s)->slots);
	free(*s);
	*s = NULL;
}

// splitmix64: good enough to lose packets by, and the same for the same seed.
static uint64_t mix(uint64_t z)
{
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static bool lost(struct sim *s, double loss)
{
	if (loss <= 0)
		return false;
	s->random += 0x9e3779b97f4a7c15;
	if ((double)(mix(s->random) >> 11) * 0x1p-53 >= loss)
		return false;
	s->stats.lost++;
	return true;
}

static struct world_place place_of(const struct sim *s, struct addr a)
{
	const struct world_place *place = table_find(s->places, &a);
	const struct world_net *net = place ? NULL : world_net_find(s->w, a);

	if (net)
		return (struct world_place){ .router = net->router, .host = net->host };
	return place ? *place : world_place_find(s->w, a);
}

// A host sends from its router, except from an address that it holds at another one.
static int router_of(const struct sim *s, int host, struct addr src)
{
	const struct world_net *net = world_net_find(s->w, src);

	return net && net->host == host ? net->router : s->w->hosts[host].router;
}

static void deliver(struct sim *s, const struct walk *k)
{
	int i = s->free_slot;
	struct mono at = mono_add(k->t, s->w->hosts[k->to.host].delay);

	if (i == WORLD_NONE || heap_put(&s->due, at, (uint64_t)i) != ERR_OK) {
		s->stats.overflow++;
		return;
	}
	struct slot *slot = &s->slots[i];
	s->free_slot = slot->next_free;
	memcpy(slot->bytes, k->bytes, k->p.bytes.len);
	slot->len = (uint16_t)k->p.bytes.len;
	slot->host = k->to.host;
}

// Token bucket at the time the packet is there; packets may come a little out of order.
static bool limited(struct sim *s, const struct walk *k)
{
	const struct world_router *r = &s->w->routers[k->at];
	struct bucket *b = &s->buckets[k->at];

	if (r->icmp_rate <= 0)
		return false;
	if (mono_before(b->at, k->t)) {
		b->tokens += (double)mono_since(k->t, b->at) / 1e9 * r->icmp_rate;
		if (b->tokens > r->icmp_burst)
			b->tokens = r->icmp_burst;
		b->at = k->t;
	}
	if (b->tokens >= 1) {
		b->tokens -= 1;
		return false;
	}
	s->stats.limited++;
	return true;
}

static struct packet_from from_of(struct sim *s, const struct walk *k)
{
	const struct world_router *r = &s->w->routers[k->at];

	return (struct packet_from){ .addr = k->p.ip.src.family == 6 ? r->v6 : r->v4,
				     .ttl = r->ttl,
				     .id = ++s->id,
				     .mpls = r->mpls,
				     .mpls_count = (size_t)r->mpls_count };
}

// The walk goes on with what was written in place of what came: true, unless that is impossible.
static bool turn_round(struct sim *s, struct walk *k, enum err err, const struct wr *answer)
{
	if (err != ERR_OK)
		return false;
	memcpy(k->bytes, answer->at, answer->len);
	if (packet_read(span_of(k->bytes, answer->len), &k->p) != ERR_OK)
		return false;
	s->stats.answered++;
	k->to = place_of(s, k->p.ip.dst);
	k->flow = packet_flow(&k->p);
	k->own = true;
	return true;
}

static bool error_send(struct sim *s, struct walk *k, enum packet_error error, int mtu)
{
	uint8_t room[SIM_PACKET_MAX];
	struct wr answer = wr_of(room, sizeof(room));

	if (packet_is_error(&k->p) || k->p.ip.frag_at != 0 || k->own) {
		s->stats.unanswerable++;
		return false;
	}
	if (s->w->routers[k->at].silent) {
		s->stats.silent++;
		return false;
	}
	if (limited(s, k))
		return false;
	enum err err = packet_error_write(&answer, &k->p, error, from_of(s, k), (uint16_t)mtu);
	return turn_round(s, k, err, &answer);
}

// The packet is for the router itself.
static bool self_answer(struct sim *s, struct walk *k)
{
	uint8_t room[SIM_PACKET_MAX];
	struct wr answer = wr_of(room, sizeof(room));
	enum err err;

	if (s->w->routers[k->at].silent) {
		s->stats.silent++;
		return false;
	}
	if (packet_is_echo(&k->p))
		err = packet_echo_write(&answer, &k->p, from_of(s, k));
	else if (packet_wants_reset(&k->p))
		err = packet_reset_write(&answer, &k->p, from_of(s, k));
	else if (k->p.ip.proto == IP_UDP)
		return error_send(s, k, PACKET_NO_PORT, 0);
	else
		return false;
	return turn_round(s, k, err, &answer);
}

static bool hop_choose(struct sim *s, const struct walk *k, struct route_hop *out)
{
	struct route_hop hops[ROUTE_EQUAL_MAX];
	int count = route_next(s->route, k->at, k->to.router, hops);

	if (count == 0)
		return false;
	// Each router turns the same flow its own way, else the second fork would be no fork.
	uint64_t pick =
		s->w->routers[k->at].per_packet ? s->turn[k->at]++ : mix(k->flow + (uint64_t)k->at);
	*out = hops[pick % (unsigned)count];
	return true;
}

static bool forward(struct sim *s, struct walk *k)
{
	struct route_hop hop;

	if (!hop_choose(s, k, &hop))
		return error_send(s, k, PACKET_NO_NET, 0);
	const struct world_link *link = &s->w->links[hop.link];
	if (k->p.bytes.len > (size_t)link->mtu)
		return error_send(s, k, PACKET_TOO_BIG, link->mtu);
	if (lost(s, link->loss))
		return false;
	k->t = mono_add(k->t, link->delay);
	k->at = hop.router;
	k->own = false;
	return true;
}

static void walk_on(struct sim *s, struct walk *k);

// What injectors at K's router have to say to it; K itself is not touched.
static void inject(struct sim *s, const struct walk *k)
{
	for (int i = 0; i < s->w->injector_count; i++) {
		const struct world_injector *in = &s->w->injectors[i];
		struct walk forged = { .at = k->at, .own = true };
		struct wr out = wr_of(forged.bytes, sizeof(forged.bytes));
		if (in->router != k->at || !inject_write(s->w, in, &k->p, s->forged[i], &out) ||
		    packet_read(wr_span(&out), &forged.p) != ERR_OK)
			continue;
		s->forged[i]++;
		s->stats.injected++;
		forged.t = mono_add(k->t, in->lag);
		forged.to = place_of(s, forged.p.ip.dst);
		forged.flow = packet_flow(&forged.p);
		walk_on(s, &forged);
	}
}

// One router's work; true when the walk goes on.
static bool step(struct sim *s, struct walk *k)
{
	if (lost(s, s->w->routers[k->at].loss))
		return false;
	if (s->w->routers[k->at].injects && !k->own)
		inject(s, k);
	if (k->to.self && k->to.router == k->at)
		return self_answer(s, k);
	if (!k->own && k->p.ip.ttl <= 1)
		return error_send(s, k, PACKET_EXPIRED, 0);
	if (k->to.router == WORLD_NONE)
		return error_send(s, k, PACKET_NO_NET, 0);
	if (k->to.router == k->at && k->to.host == WORLD_NONE)
		return error_send(s, k, PACKET_NO_HOST, 0);
	if (!k->own && packet_ttl_put(&k->p, k->bytes, (uint8_t)(k->p.ip.ttl - 1)) != ERR_OK)
		return false;
	if (k->to.router != k->at)
		return forward(s, k);
	deliver(s, k);
	return false;
}

static void walk_on(struct sim *s, struct walk *k)
{
	for (int i = 0; i < STEPS_MAX && step(s, k); i++)
		;
}

void sim_hear(struct sim *s, int host, struct span packet, struct mono now)
{
	struct walk k = { 0 };

	// Two packets never leave at the same instant, so equal paths keep their order.
	s->heard = mono_before(s->heard, now) ? now : mono_add(s->heard, 1);
	s->stats.heard++;
	bool fits = packet.len > 0 && packet.len <= sizeof(k.bytes);
	if (fits)
		memcpy(k.bytes, packet.at, packet.len);
	if (!fits || packet_read(span_of(k.bytes, packet.len), &k.p) != ERR_OK) {
		s->stats.malformed++;
		return;
	}
	k.at = router_of(s, host, k.p.ip.src);
	k.t = mono_add(s->heard, s->w->hosts[host].delay);
	k.to = place_of(s, k.p.ip.dst);
	k.flow = packet_flow(&k.p);
	walk_on(s, &k);
}

void sim_tick(struct sim *s, struct mono now)
{
	if (mono_before(s->now, now))
		s->now = now;
}

bool sim_next(struct sim *s, struct sim_packet *out)
{
	struct heap_item item;

	if (!heap_take(&s->due, s->now, &item))
		return false;
	struct slot *slot = &s->slots[item.id];
	*out = (struct sim_packet){ .host = slot->host,
				    .at = item.at,
				    .bytes = span_of(slot->bytes, slot->len) };
	slot->next_free = s->free_slot;
	s->free_slot = (int)item.id;
	s->stats.delivered++;
	return true;
}

struct mono sim_due(const struct sim *s)
{
	return heap_first(&s->due);
}

struct sim_stats sim_stats(const struct sim *s)
{
	return s->stats;
}
