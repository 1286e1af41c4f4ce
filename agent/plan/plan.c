// SPDX-License-Identifier: Apache-2.0
#include "plan/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/policy.h"

enum slot_state {
	SLOT_FREE,
	SLOT_WAITING,
	SLOT_RUNNING,
};

struct slot {
	enum slot_state state;
	bool begun; // before the process was started: it does not expire
	bool withdrawn;
	struct order order;
	struct arena arena; // owns the order's texts and its signed bytes
};

struct plan {
	struct plan_policy policy;
	uint64_t serial;
	struct slot slots[PLAN_SLOTS];
	struct slot heard; // being judged, or the last that took orders back
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
	arena_wipe(&(*p)->heard.arena);
	free(*p);
	*p = NULL;
}

static bool same_id(const struct run_id *a, const struct run_id *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static const struct slot *find_const(const struct plan *p, const struct run_id *id)
{
	for (size_t i = 0; i < COUNT(p->slots); i++)
		if (p->slots[i].state != SLOT_FREE && same_id(&p->slots[i].order.id, id))
			return &p->slots[i];
	return NULL;
}

static struct slot *find(struct plan *p, const struct run_id *id)
{
	const struct slot *s = find_const(p, id);
	return s == NULL ? NULL : &p->slots[s - p->slots];
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

static enum order_state check_order(const struct plan *p, const struct order *o, struct wall now,
				    struct plan_verdict *v)
{
	if (!addressed(&p->policy, o))
		return policy_refuse(v, ORDER_REFUSED_AUDIENCE, "the order is for other nodes");
	if (o->serial <= p->serial) {
		snprintf(v->detail, sizeof(v->detail), "serial %llu is not above %llu",
			 (unsigned long long)o->serial, (unsigned long long)p->serial);
		return ORDER_REFUSED_SERIAL;
	}
	if (o->expires.ns <= now.ns)
		return policy_refuse(v, ORDER_REFUSED_EXPIRED, "the order has expired");
	if (o->not_before.ns > now.ns && o->not_before.ns - now.ns > PLAN_AHEAD_S * NS_PER_S)
		return policy_refuse(v, ORDER_REFUSED_EXPIRED,
				     "the order starts too far in the future");
	return policy_check(&p->policy, o, v);
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
		return policy_refuse(v, ORDER_REFUSED_UNREADABLE, "not a signed order");
	}
	if (!trusted(&p->policy, &sealed)) {
		name_unreadable(sealed.body, v);
		return policy_refuse(v, ORDER_REFUSED_SIGNATURE,
				     "no operator this node trusts signed the order");
	}
	if (order_read(sealed.body, &s->arena, &s->order) != ERR_OK) {
		name_unreadable(sealed.body, v);
		return policy_refuse(v, ORDER_REFUSED_UNREADABLE, "signed, but not readable");
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
	arena_wipe(&p->heard.arena);
	p->heard = (struct slot){ 0 };
	v->state = judge(p, &p->heard, now, bytes, v, repeat);
	if (v->state != ORDER_ACCEPTED || *repeat)
		return;
	struct slot *s = free_slot(p);
	if (p->heard.order.kind == ORDER_WITHDRAW) {
		v->withdraw = &p->heard.order;
	} else if (s == NULL) {
		v->state = policy_refuse(v, ORDER_REFUSED_BUSY, "too many orders wait already");
		return;
	} else {
		*s = p->heard;
		s->state = SLOT_WAITING;
		p->heard = (struct slot){ 0 };
	}
	p->serial = v->withdraw != NULL ? v->withdraw->serial : s->order.serial;
}

const struct order *plan_find(const struct plan *p, const struct run_id *order)
{
	const struct slot *s = find_const(p, order);
	return s == NULL ? NULL : &s->order;
}

bool plan_withdraw(struct plan *p, const struct run_id *order)
{
	struct slot *s = find(p, order);
	if (s != NULL)
		s->withdrawn = true;
	return s != NULL;
}

bool plan_withdrawn(const struct plan *p, const struct run_id *order)
{
	const struct slot *s = find_const(p, order);
	return s != NULL && s->withdrawn;
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
