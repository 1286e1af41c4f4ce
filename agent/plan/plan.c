// SPDX-License-Identifier: Apache-2.0
#include "plan/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum slot_state {
	SLOT_FREE,
	SLOT_WAITING,
	SLOT_RUNNING,
};

struct slot {
	enum slot_state state;
	bool begun; // before the process was started: it does not expire
	struct order order;
	struct arena arena; // owns the order's texts and its signed bytes
};

struct plan {
	struct plan_policy policy;
	uint64_t serial;
	struct slot slots[PLAN_SLOTS];
};

enum err plan_new(const struct plan_policy *policy, uint64_t last_serial, struct plan **out)
{
	struct plan *p = calloc(1, sizeof(*p));
	if (p == NULL)
		return ERR_MEMORY;
	p->policy = *policy;
	p->serial = last_serial;
	*out = p;
	return ERR_OK;
}

void plan_free(struct plan **p)
{
	if (*p == NULL)
		return;
	for (size_t i = 0; i < COUNT((*p)->slots); i++)
		arena_wipe(&(*p)->slots[i].arena);
	free(*p);
	*p = NULL;
}

static bool same_id(const struct run_id *a, const struct run_id *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static struct slot *find(struct plan *p, const struct run_id *id)
{
	for (size_t i = 0; i < COUNT(p->slots); i++)
		if (p->slots[i].state != SLOT_FREE && same_id(&p->slots[i].order.id, id))
			return &p->slots[i];
	return NULL;
}

static struct slot *free_slot(struct plan *p)
{
	size_t waiting = 0;
	struct slot *empty = NULL;
	for (size_t i = 0; i < COUNT(p->slots); i++) {
		waiting += p->slots[i].state == SLOT_WAITING && !p->slots[i].begun;
		if (p->slots[i].state == SLOT_FREE)
			empty = &p->slots[i];
	}
	return waiting < PLAN_WAITING ? empty : NULL;
}

static enum order_state refuse(struct plan_verdict *v, enum order_state state, const char *why)
{
	snprintf(v->detail, sizeof(v->detail), "%s", why);
	return state;
}

static bool trusted(const struct plan_policy *policy, const struct signed_order *s)
{
	if (s->key.len != SEAL_KEY_SIZE || s->signature.len != SEAL_SIGNATURE_SIZE)
		return false;
	for (size_t i = 0; i < policy->operator_count; i++)
		if (memcmp(policy->operators[i], s->key.at, SEAL_KEY_SIZE) == 0)
			return seal_verify(SEAL_ORDER, s->body, policy->operators[i],
					   s->signature.at);
	return false;
}

static bool addressed(const struct plan_policy *policy, const struct order *o)
{
	for (size_t i = 0; i < o->audience_count; i++)
		if (span_eq(o->audience[i], span_text(policy->node)))
			return true;
	return false;
}

static bool denied(const struct plan_policy *policy, struct addr a)
{
	for (size_t i = 0; i < policy->deny_count; i++)
		if (prefix_holds(policy->deny[i], a))
			return true;
	return false;
}

static bool allowed_kind(const struct plan_policy *policy, enum order_kind kind)
{
	switch (kind) {
	case ORDER_VANTAGE:
		return policy->allow_vantage;
	case ORDER_GATEWAY:
		return policy->allow_gateway;
	case ORDER_TRACE:
	case ORDER_GRAPH:
		return policy->allow_trace;
	case ORDER_DNS:
	case ORDER_PATH:
		return policy->allow_dns;
	case ORDER_DISCOVER:
		return policy->allow_discover;
	case ORDER_FETCH:
		return policy->allow_fetch;
	case ORDER_NONE:
		break;
	}
	return false;
}

static enum order_state check_targets(const struct plan_policy *policy, const struct order *o,
				      struct plan_verdict *v)
{
	for (size_t i = 0; i < o->target_count; i++) {
		if (!denied(policy, o->targets[i].addr))
			continue;
		char text[ADDR_TEXT];
		addr_write(o->targets[i].addr, text);
		snprintf(v->detail, sizeof(v->detail), "target %s is on this node's deny list",
			 text);
		return ORDER_REFUSED_DENIED;
	}
	return ORDER_ACCEPTED;
}

static uint64_t lines_of(struct span s)
{
	uint64_t n = s.len > 0 && s.at[s.len - 1] != '\n';
	for (size_t i = 0; i < s.len; i++)
		n += s.at[i] == '\n';
	return n;
}

static uint64_t addrs_of(struct span prefixes, size_t size)
{
	uint64_t n = 0;
	for (size_t at = size; at < prefixes.len; at += size + 1) {
		unsigned bits = (unsigned)size * 8 - prefixes.at[at];
		n += bits < 63 ? 1ULL << bits : UINT64_MAX / 4;
		n = n > UINT64_MAX / 4 ? UINT64_MAX / 4 : n;
	}
	return n;
}

// How much an order of a scan asks for: pairs, addresses or pages. Addresses that are denied are
// told one by one as results; they do not make the order void.
static uint64_t scan_size(const struct order *o)
{
	const struct dns_order *d = &o->dns;
	const struct discover_order *x = &o->discover;
	if (o->kind == ORDER_FETCH)
		return o->fetch_count;
	if (o->kind == ORDER_PATH)
		return o->path.count;
	if (o->kind == ORDER_DISCOVER)
		return addrs_of(x->prefixes4, 4) + addrs_of(x->prefixes6, 16) + x->addrs4.len / 5 +
		       x->addrs6.len / 17;
	if (o->kind != ORDER_DNS)
		return 0;
	return (d->resolvers4.len / 4 + d->resolvers6.len / 16) * lines_of(d->domains) *
	       (d->type_count > 0 ? d->type_count : 1) * (d->repetitions > 0 ? d->repetitions : 1);
}

static bool is_scan(enum order_kind kind)
{
	return kind >= ORDER_DNS && kind <= ORDER_PATH;
}

static enum order_state check_scan(const struct plan_policy *policy, const struct order *o,
				   struct plan_verdict *v)
{
	if (o->rate > policy->scan_rate)
		return refuse(v, ORDER_REFUSED_RATE, "a higher rate than this node allows");
	if (scan_size(o) > policy->max_scan)
		return refuse(v, ORDER_REFUSED_RATE, "a larger scan than this node allows");
	return ORDER_ACCEPTED;
}

static enum order_state check_policy(const struct plan_policy *policy, const struct order *o,
				     struct plan_verdict *v)
{
	if (!allowed_kind(policy, o->kind))
		return refuse(v, ORDER_REFUSED_KIND, "this node's policy does not allow that kind");
	if (is_scan(o->kind))
		return check_scan(policy, o, v);
	if (o->kind != ORDER_TRACE && o->length_ms > policy->max_length_ms)
		return refuse(v, ORDER_REFUSED_RATE, "the run is longer than this node allows");
	if (o->target_count > policy->max_targets)
		return refuse(v, ORDER_REFUSED_RATE, "more targets than this node allows");
	if (o->limits.attempts + (o->limits.again > 0 ? o->limits.again - 1 : 0) >
	    policy->max_attempts)
		return refuse(v, ORDER_REFUSED_RATE, "more probes per hop than this node allows");
	// Answers to any other port are not looked at: it may be that of a program.
	if (o->limits.sport != 0 &&
	    (o->limits.sport < policy->sport_first || o->limits.sport > policy->sport_last))
		return refuse(v, ORDER_REFUSED_KIND,
			      "a source port that is not this node's own (sport-first)");
	return check_targets(policy, o, v);
}

static enum order_state check_order(const struct plan *p, const struct order *o, struct wall now,
				    struct plan_verdict *v)
{
	if (!addressed(&p->policy, o))
		return refuse(v, ORDER_REFUSED_AUDIENCE, "the order is for other nodes");
	if (o->serial <= p->serial) {
		snprintf(v->detail, sizeof(v->detail), "serial %llu is not above %llu",
			 (unsigned long long)o->serial, (unsigned long long)p->serial);
		return ORDER_REFUSED_SERIAL;
	}
	if (o->expires.ns <= now.ns)
		return refuse(v, ORDER_REFUSED_EXPIRED, "the order has expired");
	if (o->not_before.ns > now.ns && o->not_before.ns - now.ns > PLAN_AHEAD_S * NS_PER_S)
		return refuse(v, ORDER_REFUSED_EXPIRED, "the order starts too far in the future");
	return check_policy(&p->policy, o, v);
}

// An order we cannot read has no id; its digest stands in, so that its sender can recognise it.
static void name_unreadable(struct span bytes, struct plan_verdict *v)
{
	uint8_t digest[SEAL_DIGEST_SIZE];
	seal_digest(bytes, digest);
	memcpy(v->order.bytes, digest, sizeof(v->order.bytes));
}

// Copies the bytes first, because the order borrows from them for as long as it lives.
static enum err unpack(struct slot *s, struct span bytes, struct signed_order *out)
{
	arena_init(&s->arena, PLAN_ARENA);
	char *copy = arena_text(&s->arena, bytes);
	if (copy == NULL)
		return ERR_FULL;
	return signed_order_read(span_of(copy, bytes.len), &s->arena, out);
}

enum err plan_again(struct plan *p, struct span order, bool begun)
{
	struct slot *s = free_slot(p);
	if (s == NULL)
		return ERR_FULL;
	arena_init(&s->arena, PLAN_ARENA);
	char *copy = arena_text(&s->arena, order);
	enum err err = copy == NULL ? ERR_FULL
				    : order_read(span_of(copy, order.len), &s->arena, &s->order);
	if (err != ERR_OK) {
		arena_wipe(&s->arena);
		return err;
	}
	s->state = SLOT_WAITING;
	s->begun = begun;
	return ERR_OK;
}

const struct order *plan_at(const struct plan *p, size_t i, bool *begun)
{
	const struct slot *s = &p->slots[i];
	*begun = s->begun;
	return s->state == SLOT_FREE ? NULL : &s->order;
}

static enum order_state judge(struct plan *p, struct slot *s, struct wall now, struct span bytes,
			      struct plan_verdict *v, bool *repeat)
{
	struct signed_order sealed;
	if (bytes.len > ORDER_SIZE_MAX || unpack(s, bytes, &sealed) != ERR_OK) {
		name_unreadable(bytes, v);
		return refuse(v, ORDER_REFUSED_UNREADABLE, "not a signed order");
	}
	if (!trusted(&p->policy, &sealed)) {
		name_unreadable(sealed.body, v);
		return refuse(v, ORDER_REFUSED_SIGNATURE,
			      "no operator this node trusts signed the order");
	}
	if (order_read(sealed.body, &s->arena, &s->order) != ERR_OK) {
		name_unreadable(sealed.body, v);
		return refuse(v, ORDER_REFUSED_UNREADABLE, "signed, but not readable");
	}
	v->order = s->order.id;
	v->run = s->order.run;
	struct slot *old = find(p, &s->order.id);
	*repeat = old != NULL;
	return *repeat ? ORDER_ACCEPTED : check_order(p, &s->order, now, v);
}

void plan_hear(struct plan *p, struct wall now, struct span bytes, struct plan_verdict *v,
	       bool *repeat)
{
	*v = (struct plan_verdict){ 0 };
	*repeat = false;
	struct slot *s = free_slot(p);
	if (s == NULL) {
		name_unreadable(bytes, v);
		v->state = refuse(v, ORDER_REFUSED_BUSY, "too many orders wait already");
		return;
	}
	v->state = judge(p, s, now, bytes, v, repeat);
	if (v->state == ORDER_ACCEPTED && !*repeat) {
		s->state = SLOT_WAITING;
		p->serial = s->order.serial;
	} else {
		arena_wipe(&s->arena);
	}
}

const struct order *plan_next(struct plan *p, struct wall now, bool *expired)
{
	size_t running = 0;
	struct slot *first = NULL;
	for (size_t i = 0; i < COUNT(p->slots); i++) {
		struct slot *s = &p->slots[i];
		running += s->state == SLOT_RUNNING;
		if (s->state == SLOT_WAITING && s->order.not_before.ns <= now.ns &&
		    (first == NULL || s->order.serial < first->order.serial))
			first = s;
	}
	if (first == NULL || running >= PLAN_RUNNING)
		return NULL;
	first->state = SLOT_RUNNING;
	*expired = !first->begun && first->order.expires.ns <= now.ns;
	first->begun = true;
	return &first->order;
}

void plan_back(struct plan *p, const struct run_id *order)
{
	struct slot *s = find(p, order);
	if (s != NULL)
		s->state = SLOT_WAITING;
}

struct wall plan_due(const struct plan *p)
{
	struct wall due = { INT64_MAX };
	for (size_t i = 0; i < COUNT(p->slots); i++)
		if (p->slots[i].state == SLOT_WAITING && p->slots[i].order.not_before.ns < due.ns)
			due = p->slots[i].order.not_before;
	return due;
}

void plan_done(struct plan *p, const struct run_id *order)
{
	struct slot *s = find(p, order);
	if (s == NULL)
		return;
	arena_wipe(&s->arena);
	*s = (struct slot){ 0 };
}

uint64_t plan_serial(const struct plan *p)
{
	return p->serial;
}

size_t plan_waiting(const struct plan *p)
{
	size_t n = 0;
	for (size_t i = 0; i < COUNT(p->slots); i++)
		n += p->slots[i].state == SLOT_WAITING;
	return n;
}
