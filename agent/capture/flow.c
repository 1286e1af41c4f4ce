// SPDX-License-Identifier: Apache-2.0
#include "capture/flow.h"

#include <stdlib.h>
#include <string.h>

#include "capture/flow_inner.h"
#include "wire/be.h"
#include "wire/ip.h"
#include "wire/link.h"
#include "wire/udp.h"

const struct flow_config flow_config_file = {
	.flows = 1u << 20,
	.targets = 1u << 18,
	.streams = 128,
	.names = 1u << 16,
	.name_text = 4u << 20,
};

const struct flow_config flow_config_live = {
	.flows = 1u << 18,
	.targets = 1u << 16,
	.streams = 128,
	.names = 1u << 15,
	.name_text = 4u << 20,
	.idle_ns = 120 * NS_PER_S,
	.silence_ns = 300 * NS_PER_MS,
};

struct target_key {
	struct addr addr;
	uint8_t proto;
	uint8_t port[2];
};

struct flow_table *flow_table_new(const struct flow_config *config)
{
	struct flow_table *t = calloc(1, sizeof(*t));
	if (t == NULL)
		return NULL;
	t->config = *config;
	if (t->config.streams < FLOW_STREAM_LEAST)
		t->config.streams = FLOW_STREAM_LEAST;
	if (t->config.streams > UINT16_MAX)
		t->config.streams = UINT16_MAX;
	t->names = names_new(config->names, config->name_text, config->seed);
	t->targets = table_new(sizeof(struct target_key), 1, config->targets, config->seed);
	t->streams = calloc(t->config.streams, sizeof(*t->streams));
	t->initial = initial_new();
	if (!flow_store_init(&t->store, config->flows, config->seed) || t->names == NULL ||
	    t->targets == NULL || t->streams == NULL || t->initial == NULL) {
		flow_table_free(&t);
		return NULL;
	}
	for (size_t i = 0; i < t->config.streams; i++)
		t->streams[i].owner = FLOW_NONE;
	return t;
}

void flow_table_free(struct flow_table **t)
{
	if (*t == NULL)
		return;
	flow_store_wipe(&(*t)->store);
	names_free(&(*t)->names);
	table_free(&(*t)->targets);
	free((*t)->streams);
	initial_free(&(*t)->initial);
	free(*t);
	*t = NULL;
}

struct flow_event *flow_event_put(struct flow_table *t, enum flow_event_kind kind,
				  const struct flow_heard *h)
{
	if (t->event_count == FLOW_EVENTS) {
		t->counters.events_lost++;
		return NULL;
	}
	struct flow_event *e = &t->events[(t->event_head + t->event_count++) % FLOW_EVENTS];
	e->kind = kind;
	e->frame = t->counters.packets;
	e->at = h->packet->at;
	e->key = h->key;
	return e;
}

// Hands a flow out and forgets it. There must be room for the event: a counter is never lost.
static void end_flow(struct flow_table *t, uint32_t at, enum flow_end end)
{
	struct flow_event *e = &t->events[(t->event_head + t->event_count++) % FLOW_EVENTS];
	e->kind = FLOW_DONE;
	e->frame = 0;
	e->flow = t->store.slots[at].flow;
	e->key = e->flow.key;
	e->at = e->flow.last;
	e->end = end;
	flow_look_end(t, at);
	flow_store_take(&t->store, at);
}

static bool is_unicast(const struct addr *a)
{
	static const struct addr none4 = { .family = 4 }, none6 = { .family = 6 };
	if (addr_eq(*a, none4) || addr_eq(*a, none6))
		return false;
	return a->family == 4 ? a->bytes[0] < 224 : a->bytes[0] != 0xff;
}

static bool is_local(const struct flow_table *t, struct addr a)
{
	for (size_t i = 0; i < t->config.locals; i++)
		if (prefix_holds(t->config.local[i], a))
			return true;
	return false;
}

// The flow just began: is its far end one that nobody has named yet?
static void see_target(struct flow_table *t, const struct flow_heard *h)
{
	struct flow_key key = h->key;
	if (t->config.locals > 0) {
		bool a = is_local(t, key.a), b = is_local(t, key.b);
		if (a == b)
			return;
		if (b)
			key = flow_key_turned(&key);
	}
	if (!is_unicast(&key.b))
		return;
	struct target_key target = { .addr = key.b, .proto = key.proto };
	be16_put(target.port, key.bport);
	bool fresh = false;
	if (table_put(t->targets, &target, &fresh) == NULL) {
		t->counters.targets_lost++;
		return;
	}
	struct flow_event *e = fresh ? flow_event_put(t, FLOW_TARGET, h) : NULL;
	if (e != NULL)
		e->key = key;
}

static uint32_t begin_flow(struct flow_table *t, struct flow_heard *h, uint32_t hash)
{
	if (t->store.count == t->store.limit) {
		end_flow(t, t->store.oldest, FLOW_EVICTED);
		t->counters.evicted++;
	}
	h->slot = flow_store_put(&t->store, &h->key, hash);
	struct flow *flow = &t->store.slots[h->slot].flow;
	flow->first = flow->last = h->packet->at;
	see_target(t, h);
	return h->slot;
}

static void count(struct flow_table *t, struct flow_heard *h, const struct ip_head *ip,
		  uint16_t tcp_flags)
{
	bool back = false;
	uint32_t hash = flow_store_hash(&t->store, &h->key);
	h->slot = flow_store_find(&t->store, &h->key, hash, &back);
	if (h->slot == FLOW_NONE) {
		back = false;
		begin_flow(t, h, hash);
	} else {
		flow_store_touch(&t->store, h->slot);
	}
	h->side = back;
	struct flow *flow = &t->store.slots[h->slot].flow;
	struct flow_side *side = back ? &flow->ba : &flow->ab;
	side->packets++;
	side->bytes += h->packet->wire_len;
	side->tcp_flags |= tcp_flags;
	side->ttl = ip->ttl;
	side->fragments += ip->frag_more || ip->frag_at > 0;
	// Captures merged from several sources step back in time now and then.
	if (h->packet->at.ns < flow->first.ns)
		flow->first = h->packet->at;
	if (h->packet->at.ns > flow->last.ns)
		flow->last = h->packet->at;
}

enum { PROTO_DCCP = 33, PROTO_SCTP = 132, PROTO_UDPLITE = 136 };

static bool has_ports(uint8_t proto)
{
	return proto == IP_TCP || proto == IP_UDP || proto == PROTO_SCTP || proto == PROTO_DCCP ||
	       proto == PROTO_UDPLITE;
}

static void set_ports(struct flow_table *t, struct flow_key *key, const struct ip_head *ip)
{
	if (!has_ports(ip->proto))
		return;
	if (ip->frag_at > 0) {
		fragments_find(&t->fragments, ip, &key->aport, &key->bport);
		return;
	}
	if (ip->payload.len < 4)
		return;
	key->aport = be16_at(ip->payload.at);
	key->bport = be16_at(ip->payload.at + 2);
	if (ip->frag_more)
		fragments_put(&t->fragments, ip, key->aport, key->bport);
}

// Packets of one burst follow one another closely; a chat message is a burst of its own.
static void see_payload(struct flow_table *t, const struct flow_heard *h, size_t len)
{
	struct flow *flow = &t->store.slots[h->slot].flow;
	if (len == 0)
		return;
	bool pause = h->packet->at.ns - flow->spoke.ns >= t->config.silence_ns;
	if (t->config.silence_ns > 0 && (flow->payload == 0 || pause)) {
		struct flow_event *e = flow_event_put(t, FLOW_BURST, h);
		if (e != NULL)
			e->flow = *flow;
	}
	flow->spoke = h->packet->at;
	flow->payload += len;
}

// A SYN that answers has another meaning than one that asks, which flags put together would not
// tell.
static uint16_t flags_of(const struct tcp_head *tcp)
{
	uint16_t what = tcp->flags & TCP_ACK ? FLOW_TCP_SYN_ACK : FLOW_TCP_SYN;
	return tcp->flags | (tcp->flags & TCP_SYN ? what : 0);
}

static void hear_ip(struct flow_table *t, const struct packet *p, const struct ip_head *ip)
{
	struct flow_heard h = {
		.packet = p,
		.key = { .proto = ip->proto, .a = ip->src, .b = ip->dst },
	};
	struct tcp_head tcp = { 0 };
	struct udp_head udp;
	bool whole = ip->frag_at == 0 && !ip->frag_more;
	set_ports(t, &h.key, ip);
	enum err err =
		ip->proto == IP_TCP && ip->frag_at == 0 ? tcp_read(ip->payload, &tcp) : ERR_MISSING;
	count(t, &h, ip, flags_of(&tcp));
	if (err == ERR_OK && whole) {
		flow_facts_tcp(&t->store.slots[h.slot], h.side, p->at, &tcp);
		see_payload(t, &h, tcp.payload.len);
		flow_look_tcp(t, &h, &tcp);
	} else if (ip->proto == IP_UDP && whole && udp_read(ip->payload, &udp) == ERR_OK) {
		see_payload(t, &h, udp.payload.len);
		flow_look_udp(t, &h, udp.payload);
	} else if ((ip->proto == IP_ICMP || ip->proto == IP_ICMP6) && whole)
		flow_look_icmp(t, &h, ip->payload);
}

enum err flow_hear(struct flow_table *t, const struct packet *p)
{
	struct span inner;
	struct ip_head ip;
	if (t->event_count > 0 || t->finished)
		return ERR_STATE;
	t->counters.packets++;
	t->counters.bytes += p->wire_len;
	enum err err = link_frame_read(p->link, p->bytes, &inner);
	if (err != ERR_OK) {
		uint64_t *why =
			err == ERR_UNSUPPORTED ? &t->counters.unknown_link : &t->counters.other;
		++*why;
		return ERR_OK;
	}
	err = ip_read(inner, &ip);
	// A chain of headers cut short still tells who spoke with whom.
	if (err == ERR_OK || (err == ERR_SHORT && ip.src.family != 0))
		hear_ip(t, p, &ip);
	else
		t->counters.broken++;
	return ERR_OK;
}

bool flow_tick(struct flow_table *t, struct wall now)
{
	if (t->config.idle_ns == 0)
		return true;
	while (t->store.oldest != FLOW_NONE) {
		const struct flow *f = &t->store.slots[t->store.oldest].flow;
		if (now.ns - f->last.ns < t->config.idle_ns)
			return true;
		if (t->event_count == FLOW_EVENTS)
			return false;
		end_flow(t, t->store.oldest, FLOW_IDLE);
	}
	return true;
}

void flow_finish(struct flow_table *t)
{
	t->finished = true;
}

bool flow_next(struct flow_table *t, struct flow_event *out)
{
	if (t->event_count == 0 && t->finished && t->store.eldest != FLOW_NONE)
		end_flow(t, t->store.eldest, FLOW_FLUSHED);
	if (t->event_count == 0)
		return false;
	*out = t->events[t->event_head];
	t->event_head = (t->event_head + 1) % FLOW_EVENTS;
	t->event_count--;
	return true;
}

size_t flow_count(const struct flow_table *t)
{
	return t->store.count;
}

bool flow_find(const struct flow_table *t, const struct flow_key *key, struct flow *out)
{
	bool back;
	uint32_t at = flow_store_find(&t->store, key, flow_store_hash(&t->store, key), &back);
	if (at == FLOW_NONE)
		return false;
	*out = t->store.slots[at].flow;
	return true;
}

struct flow_counters flow_counted(const struct flow_table *t)
{
	struct flow_counters c = t->counters;
	c.names_lost = names_lost(t->names);
	return c;
}

const struct names *flow_names(const struct flow_table *t)
{
	return t->names;
}

const char *flow_text(const struct flow_table *t, uint32_t text)
{
	return names_text(t->names, text);
}
