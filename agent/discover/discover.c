// SPDX-License-Identifier: Apache-2.0
#include "discover/discover.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "discover/own.h"

#define HELPER_AGAIN_NS (5 * NS_PER_MS)
#define RESERVE         512 // slots the sweep leaves to candidates

struct discover *discover_new(const struct discover_config *c)
{
	struct discover *d = calloc(1, sizeof(*d));
	if (d == NULL)
		return NULL;
	d->c = *c;
	size_t n = d->slot_count = (size_t)c->ports * DISCOVER_BLOCKS;
	d->slots = calloc(n, sizeof(*d->slots));
	d->candidates = calloc(n, sizeof(struct candidate *));
	d->free_slots = calloc(n, sizeof(uint32_t));
	d->free_candidates = calloc(n, sizeof(uint32_t));
	d->queue = calloc(n, sizeof(uint32_t));
	d->done = calloc(n, sizeof(uint32_t));
	heap_init(&d->timers, n * 8);
	if (d->slots == NULL || d->candidates == NULL || d->free_slots == NULL ||
	    d->free_candidates == NULL || d->queue == NULL || d->done == NULL)
		discover_free(&d);
	for (size_t i = 0; d != NULL && i < n; i++)
		d->free_slots[i] = d->free_candidates[i] = (uint32_t)(n - 1 - i);
	if (d == NULL)
		return NULL;
	d->free_slot_count = d->free_candidate_count = n;
	d->salt = c->seed[0];
	for (size_t i = 0; i < COUNT(d->masks); i++)
		d->masks[i] = (uint16_t)(c->seed[1] >> i % 49 ^ i * 0x9e37);
	return d;
}

void discover_free(struct discover **out)
{
	struct discover *d = *out;
	if (d == NULL)
		return;
	for (size_t i = 0; d->candidates != NULL && i < d->slot_count; i++)
		candidate_free(&d->candidates[i]);
	candidate_free(&d->given);
	free(d->slots);
	free(d->candidates);
	free(d->free_slots);
	free(d->free_candidates);
	free(d->queue);
	free(d->done);
	heap_wipe(&d->timers);
	free(d);
	*out = NULL;
}

void discover_sweep(struct discover *d, const struct space *space, uint64_t from)
{
	d->space = space;
	d->counts.next = from;
}

static uint64_t new_salt(struct discover *d)
{
	uint64_t in[2] = { d->salt++, d->c.seed[1] };
	return table_hash(d->c.seed, span_of(in, sizeof(in)));
}

void discover_push(struct discover *d, uint32_t slot)
{
	d->slots[slot].state = SLOT_QUEUED;
	d->queue[(d->queue_at + d->queue_count++) % d->slot_count] = slot;
}

static uint32_t take_slot(struct discover *d, struct addr to)
{
	uint32_t i = d->free_slots[--d->free_slot_count];
	struct slot *s = &d->slots[i];
	*s = (struct slot){ .to = to, .turn = s->turn + 1, .type = DNS_A };
	return i;
}

bool discover_of_helper(const struct discover *d, const struct slot *s)
{
	return s->candidate != 0 && d->c.helper.family != 0 && s->type != 0 &&
	       d->candidates[s->candidate - 1] != NULL &&
	       (d->candidates[s->candidate - 1]->step == STEP_PTR ||
		d->candidates[s->candidate - 1]->step == STEP_FORWARD);
}

void discover_drop_slot(struct discover *d, uint32_t i)
{
	struct slot *s = &d->slots[i];
	if (s->candidate == 0)
		d->sweep_out--;
	s->state = SLOT_FREE;
	d->free_slots[d->free_slot_count++] = i;
}

static void finish(struct discover *d, uint32_t number)
{
	d->done[(d->done_at + d->done_count++) % d->slot_count] = number;
}

static bool timer(struct discover *d, struct mono at, uint64_t id)
{
	return heap_put(&d->timers, at, id) == ERR_OK;
}

// Sends its next question on its way, or ends it.
void discover_go_on(struct discover *d, uint32_t number, struct mono now)
{
	struct candidate *c = d->candidates[number];
	struct candidate_question q;
	bool more = candidate_ask(c, &d->c, &q);
	if (more && mono_before(now, q.at) && timer(d, q.at, DISCOVER_OF_CANDIDATE | number))
		return;
	if (!more || d->free_slot_count == 0) {
		finish(d, number);
		return;
	}
	uint32_t i = take_slot(d, q.to);
	struct slot *s = &d->slots[i];
	s->candidate = number + 1;
	s->name = q.name;
	s->type = q.type;
	discover_push(d, i);
}

struct candidate *discover_new_candidate(struct discover *d, struct addr a, enum resolver_role role,
					 struct mono now, struct wall wall, uint32_t *number)
{
	if (d->free_candidate_count == 0)
		return NULL;
	struct candidate *c = candidate_new(&d->c, a, role, now, wall, new_salt(d));
	if (c == NULL)
		return NULL;
	*number = d->free_candidates[--d->free_candidate_count];
	d->candidates[*number] = c;
	c->place = UINT64_MAX;
	return c;
}

static size_t in_use(const struct discover *d)
{
	return d->slot_count - d->free_candidate_count;
}

enum err discover_put(struct discover *d, struct mono now, struct wall wall, struct addr a,
		      enum resolver_role role)
{
	uint32_t number;
	if (in_use(d) >= d->c.parallel || d->free_slot_count < RESERVE)
		return ERR_FULL;
	struct candidate *c = discover_new_candidate(d, a, role, now, wall, &number);
	if (c == NULL)
		return ERR_MEMORY;
	discover_go_on(d, number, now);
	return ERR_OK;
}

// The next address of the sweep that may be asked gets its question.
static bool sweep(struct discover *d, struct mono now)
{
	if (d->space == NULL || mono_before(now, d->all_until) || d->free_slot_count < RESERVE ||
	    in_use(d) >= d->c.parallel || in_use(d) + d->sweep_out >= d->slot_count)
		return false;
	while (d->counts.next < d->space->addrs) {
		struct addr a = space_at(d->space, d->counts.next++);
		d->counts.swept++;
		if (d->c.pace != NULL && pace_denied(d->c.pace, a) != NULL) {
			d->counts.denied++;
			continue;
		}
		d->sweep_out++;
		uint32_t i = take_slot(d, a);
		d->slots[i].place = d->counts.next - 1;
		discover_push(d, i);
		return true;
	}
	d->space = NULL;
	return false;
}

static uint16_t id_of(const struct discover *d, uint32_t i)
{
	uint32_t block = i / d->c.ports;
	return (uint16_t)((block << 4 | (d->slots[i].turn & 15)) ^ d->masks[i % d->c.ports]);
}

static void refuse(struct discover *d, uint32_t i)
{
	uint32_t number = d->slots[i].candidate;
	discover_drop_slot(d, i);
	d->counts.denied++;
	if (number == 0)
		return;
	d->candidates[number - 1]->refused = true;
	finish(d, number - 1);
}

// False: it has to wait, or may never leave.
static bool allow(struct discover *d, uint32_t i, struct mono now)
{
	struct mono until = now;
	const struct slot *s = &d->slots[i];
	enum pace_verdict v = PACE_GO;
	bool helper = discover_of_helper(d, s);
	if (helper && d->helper_out >= DISCOVER_HELPER_MAX) {
		v = PACE_WAIT;
		until = mono_add(now, HELPER_AGAIN_NS);
	} else if (!helper && d->c.pace != NULL) {
		v = pace_ask(d->c.pace, now, s->to, &until);
	}
	if (v == PACE_GO)
		return true;
	if (v == PACE_WAIT_ALL)
		d->all_until = until;
	if (v == PACE_REFUSED || !timer(d, until, (uint64_t)(s->turn & 0x7fff) << 32 | i))
		refuse(d, i);
	else
		d->slots[i].state = SLOT_HELD;
	return false;
}

static void send(struct discover *d, uint32_t i, struct mono now, struct discover_want *out)
{
	struct slot *s = &d->slots[i];
	const struct dns_wire_name *name = s->candidate == 0 ? &d->c.control : &s->name;
	const struct dns_query q = { .id = id_of(d, i),
				     .name = span_of(name->bytes, name->len),
				     .type = s->type,
				     .recurse = true };
	struct wr w = wr_of(d->message, sizeof(d->message));
	enum err err = dns_query_write(&w, &q);
	assert(err == ERR_OK);
	(void)err;
	*out = (struct discover_want){
		.kind = DISCOVER_SEND, .port = i % d->c.ports, .to = s->to, .message = wr_span(&w)
	};
	d->helper_out += discover_of_helper(d, s);
	s->state = SLOT_OUT;
	s->sent = now;
	if (s->tries++ == 0)
		s->first_sent = now;
	d->counts.sent++;
	(void)timer(d, mono_add(now, d->c.wait_ns), (uint64_t)(s->turn & 0x7fff) << 32 | i);
}

static void hand_over(struct discover *d, struct wall wall, struct discover_want *out)
{
	uint32_t number = d->done[d->done_at];
	d->done_at = (d->done_at + 1) % d->slot_count;
	d->done_count--;
	d->given = d->candidates[number];
	d->candidates[number] = NULL;
	d->free_candidates[d->free_candidate_count++] = number;
	d->record = candidate_record(d->given, &d->c, &d->room);
	d->record.end = wall;
	d->counts.candidates++;
	d->counts.usable += d->record.state == RESOLVER_USABLE;
	*out = (struct discover_want){ .kind = DISCOVER_RECORD, .record = &d->record };
}

enum discover_want_kind discover_next(struct discover *d, struct mono now, struct wall wall,
				      struct discover_want *out)
{
	*out = (struct discover_want){ .kind = DISCOVER_NOTHING };
	candidate_free(&d->given);
	if (d->done_count > 0) {
		hand_over(d, wall, out);
		return out->kind;
	}
	while (d->queue_count > 0 || sweep(d, now)) {
		uint32_t i = d->queue[d->queue_at];
		d->queue_at = (d->queue_at + 1) % d->slot_count;
		d->queue_count--;
		if (d->slots[i].state != SLOT_QUEUED || !allow(d, i, now))
			continue;
		send(d, i, now, out);
		return out->kind;
	}
	if (d->done_count > 0)
		hand_over(d, wall, out);
	return out->kind;
}

struct mono discover_due(const struct discover *d)
{
	return heap_first(&d->timers);
}

bool discover_done(const struct discover *d)
{
	return d->space == NULL && in_use(d) == 0 && d->sweep_out == 0;
}

uint64_t discover_place(const struct discover *d)
{
	uint64_t place = d->counts.next;
	for (size_t i = 0; i < d->slot_count; i++) {
		const struct slot *s = &d->slots[i];
		const struct candidate *c = d->candidates[i];
		if (s->state != SLOT_FREE && s->candidate == 0 && s->place < place)
			place = s->place;
		if (c != NULL && c->place < place)
			place = c->place;
	}
	return place;
}

// Who goes on later asks again whoever has not answered yet; who was not asked does not count.
static void stop_slot(struct discover *d, uint32_t i)
{
	struct slot *s = &d->slots[i];
	if (s->state == SLOT_FREE)
		return;
	if (s->candidate == 0) {
		d->counts.swept -= s->tries == 0;
		d->counts.next = s->place < d->counts.next ? s->place : d->counts.next;
	}
	s->state = SLOT_FREE;
	d->free_slots[d->free_slot_count++] = i;
}

void discover_stop(struct discover *d)
{
	struct heap_item item;
	d->space = NULL;
	d->queue_count = d->done_count = 0;
	d->sweep_out = d->helper_out = 0;
	while (heap_take(&d->timers, MONO_NEVER, &item))
		;
	for (uint32_t i = 0; i < d->slot_count; i++)
		stop_slot(d, i);
	for (uint32_t i = 0; i < d->slot_count; i++)
		if (d->candidates[i] != NULL)
			finish(d, i);
}

struct discover_counts discover_counts(const struct discover *d)
{
	return d->counts;
}
