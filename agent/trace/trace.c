// SPDX-License-Identifier: Apache-2.0
#include "trace/trace.h"

#include <stdlib.h>
#include <string.h>

#include "base/heap.h"
#include "base/table.h"
#include "trace/kin.h"
#include "trace/path.h"
#include "trace/record.h"

#define NONE       TRACE_NO_SLOT
#define HEAP_SHARE 1024 // stale wake-ups of one trace that may lie in the heap: bounded by probes

// Traces that may have something to do, first come first served.
struct ready {
	uint32_t first, last;
};

struct trace_engine {
	struct trace_config config;
	struct mono now, lost_at, held; // nobody sends before HELD
	struct mono first_held;         // nor to the first hop before this
	struct trace_path *paths;
	size_t high, count;          // slots ever used, traces running
	uint32_t free;               // list of slots used before, by next_same
	uint32_t lent;               // slot whose record is out, or NONE
	struct ready running, fresh; // who has sent goes before who has not
	struct trace_kin kin;
	struct trace_share share;
	struct heap wakes;
	struct trace_scratch *scratch;
	struct trace_counts counts;
	uint64_t begun; // traces ever started
};

struct trace_engine *trace_new(const struct trace_config *c)
{
	struct trace_engine *e = calloc(1, sizeof(*e));
	if (e == NULL)
		return NULL;
	e->config = *c;
	e->free = e->lent = NONE;
	e->running = e->fresh = (struct ready){ NONE, NONE };
	e->held = e->first_held = e->lost_at = (struct mono){ INT64_MIN };
	e->paths = calloc(c->traces, sizeof(*e->paths));
	enum err kin = trace_kin_init(&e->kin, c->traces, c->seed);
	e->scratch = trace_scratch_new();
	enum err share = c->share ? share_init(&e->share, c->seed) : ERR_OK;
	heap_init(&e->wakes, c->traces * HEAP_SHARE);
	if (e->paths == NULL || kin != ERR_OK || share != ERR_OK || e->scratch == NULL)
		trace_free(&e);
	return e;
}

void trace_free(struct trace_engine **out)
{
	struct trace_engine *e = *out;
	if (e == NULL)
		return;
	for (size_t i = 0; e->paths != NULL && i < e->high; i++)
		trace_path_wipe(&e->paths[i]);
	free(e->paths);
	trace_kin_wipe(&e->kin);
	share_wipe(&e->share);
	heap_wipe(&e->wakes);
	trace_scratch_free(&e->scratch);
	free(e);
	*out = NULL;
}

// A trace is begun only when those under way leave a place for its probe: so the TTLs of many
// traces mix and no router gets the probes of all of them at once, and few are half done.
static struct ready *ready_of(struct trace_engine *e, const struct trace_path *p)
{
	return p->serials > 0 ? &e->running : &e->fresh;
}

static void make_ready(struct trace_engine *e, uint32_t slot)
{
	struct trace_path *p = &e->paths[slot];
	struct ready *r = ready_of(e, p);
	// One that is handed over has ended; a timer of it may still be due.
	if (p->ready || slot == e->lent)
		return;
	p->ready = true;
	p->next_ready = NONE;
	if (r->first == NONE)
		r->first = slot;
	else
		e->paths[r->last].next_ready = slot;
	r->last = slot;
}

static uint32_t first_ready(const struct trace_engine *e)
{
	return e->running.first != NONE ? e->running.first : e->fresh.first;
}

// Takes the one that is first_ready.
static void take_ready(struct trace_engine *e)
{
	struct ready *r = e->running.first != NONE ? &e->running : &e->fresh;
	struct trace_path *p = &e->paths[r->first];
	p->ready = false;
	r->first = p->next_ready;
}

// Two wake-ups are remembered, a near and a far one; an entry that comes up for nothing is
// harmless, one that is missing is not.
static void wake_at(struct trace_engine *e, uint32_t slot, struct mono at)
{
	struct trace_path *p = &e->paths[slot];
	if (!mono_before(at, p->wake[0]) || !mono_before(at, p->wake[1]) || at.ns == INT64_MAX)
		return;
	if (heap_put(&e->wakes, at, (uint64_t)p->generation << 32 | slot) != ERR_OK)
		make_ready(e, slot); // no memory: look again every turn
	else
		p->wake[mono_before(p->wake[0], p->wake[1]) ? 1 : 0] = at;
}

// Chooses the source port; the flow must be nobody else's, or an answer could not be told apart.
static enum err choose_flow(const struct trace_engine *e, struct trace_target *t)
{
	uint16_t tries = t->sport != 0 ? 1 : e->config.sport_count;
	bool chosen = t->sport != 0;
	for (uint16_t i = 0; i < tries; i++) {
		if (!chosen)
			t->sport = (uint16_t)(e->config.sport_first +
					      (e->config.seed[0] % 65536 + e->begun + i) %
						      e->config.sport_count);
		if (!trace_kin_has(&e->kin, e->paths, t))
			return ERR_OK;
	}
	return chosen ? ERR_EXISTS : ERR_FULL;
}

// How far the target is, by what other traces met. Who borrows begins there, so even a guess helps.
static void learn(const struct trace_engine *e, struct trace_target *t)
{
	if (!e->config.share)
		t->share_ns = 0;
	else if (t->distance == 0)
		t->distance = share_distance(&e->share, t->dst);
	if (t->distance == 0 && t->share_ns > 0)
		t->distance = e->share.typical;
}

static uint32_t slot_take(struct trace_engine *e)
{
	uint32_t slot = e->free;
	if (slot != NONE)
		e->free = e->paths[slot].next_same;
	else if (e->high < e->config.traces)
		slot = (uint32_t)e->high++;
	return slot;
}

static void slot_put(struct trace_engine *e, uint32_t slot)
{
	struct trace_path *p = &e->paths[slot];
	trace_path_wipe(p);
	p->generation++;
	p->next_same = e->free;
	e->free = slot;
}

enum err trace_put(struct trace_engine *e, struct mono now, const struct trace_target *target)
{
	struct trace_target t = *target;
	if (!trace_path_allows(&t))
		return ERR_RANGE;
	enum err err = choose_flow(e, &t);
	if (err != ERR_OK)
		return err;
	uint32_t slot = slot_take(e);
	if (slot == NONE)
		return ERR_FULL;
	learn(e, &t);
	struct trace_path *p = &e->paths[slot];
	uint64_t begun = ++e->begun;
	err = trace_path_init(p, &t, now, table_hash(e->config.seed, span_of(&begun, 8)));
	if (err != ERR_OK) {
		slot_put(e, slot);
		return err;
	}
	trace_kin_put(&e->kin, e->paths, slot);
	p->used = true;
	e->count++;
	make_ready(e, slot);
	return ERR_OK;
}

// Its next probe may not go before this, whatever comes meanwhile.
static struct mono rest_of(const struct trace_path *p)
{
	return mono_add(p->last_send, p->target.spacing_ns);
}

// Then looking at it is of no use but to end it. Its wake-up is there since it sent.
static bool is_resting(const struct trace_engine *e, const struct trace_path *p)
{
	return p->serials > 0 && mono_before(e->now, rest_of(p)) && p->reached == 0 &&
	       p->unreachable == 0 && p->loop == 0 && !p->stopped;
}

bool trace_hear(struct trace_engine *e, struct mono now, struct mono rx,
		const struct trace_reply *r)
{
	uint16_t serial;
	uint8_t mark;
	uint32_t slot = NONE;
	if (r->kind != TRACE_HEARD_OTHER)
		slot = trace_kin_find(&e->kin, e->paths, r, &serial, &mark);
	if (slot == NONE || slot == e->lent) {
		e->counts.strange++;
		return false;
	}
	struct trace_path *p = &e->paths[slot];
	if (!trace_path_hear(p, serial, mark, rx, now, r)) {
		e->counts.repeated++;
		return true;
	}
	e->counts.heard++;
	e->counts.late += (p->attempts[serial].mark & TRACE_LATE) != 0;
	if (e->config.share)
		trace_path_teach(p, &e->share, now, serial);
	if (!is_resting(e, p))
		make_ready(e, slot);
	return true;
}

void trace_hear_soon(const struct trace_engine *e, const struct trace_reply *r, bool nearer)
{
	uint32_t slot = trace_kin_guess(&e->kin, r);
	if (slot != NONE)
		trace_path_near(&e->paths[slot], nearer);
}

static struct trace_path *path_of(struct trace_engine *e, struct trace_ref ref)
{
	if (ref.slot >= e->high)
		return NULL;
	struct trace_path *p = &e->paths[ref.slot];
	bool same = p->used && p->generation == ref.generation && ref.serial < p->serials;
	return same ? p : NULL;
}

void trace_hear_sent(struct trace_engine *e, struct trace_ref ref, struct mono at)
{
	struct trace_path *p = path_of(e, ref);
	if (p != NULL)
		trace_path_sent(p, ref.serial, at);
}

void trace_hear_failed(struct trace_engine *e, struct trace_ref ref, bool refused, uint32_t mtu)
{
	struct trace_path *p = path_of(e, ref);
	if (p == NULL)
		return;
	trace_path_failed(p, ref.serial, refused, mtu);
	e->counts.sent--;
	make_ready(e, ref.slot);
}

void trace_hear_drops(struct trace_engine *e, struct mono now)
{
	e->lost_at = now;
}

void trace_tick(struct trace_engine *e, struct mono now)
{
	struct heap_item item;
	e->now = now;
	while (heap_take(&e->wakes, now, &item)) {
		uint32_t slot = (uint32_t)item.id;
		struct trace_path *p = &e->paths[slot];
		if (!p->used || p->generation != (uint32_t)(item.id >> 32))
			continue;
		for (int i = 0; i < 2; i++)
			if (p->wake[i].ns == item.at.ns)
				p->wake[i] = MONO_NEVER;
		make_ready(e, slot);
	}
}

// True when there is a probe to send. Leaves the trace at the head of the ready list when nobody
// may send.
static bool send_one(struct trace_engine *e, uint32_t slot, uint8_t ttl, struct trace_probe *probe)
{
	struct trace_path *p = &e->paths[slot];
	struct mono until = e->now;
	enum pace_verdict verdict = PACE_GO;
	if (e->config.pace != NULL)
		verdict = ttl == 1 ? pace_ask_first(e->config.pace, e->now, p->target.dst,
						    p->target.src, &until)
				   : pace_ask(e->config.pace, e->now, p->target.dst, &until);
	if (verdict == PACE_WAIT_ALL) {
		e->held = until;
		return false;
	}
	if (verdict == PACE_WAIT_FIRST) {
		e->first_held = until; // it goes on with other hops
		return false;
	}
	take_ready(e);
	if (verdict == PACE_WAIT) {
		wake_at(e, slot, until);
		return false;
	}
	if (verdict == PACE_REFUSED) {
		p->refused = true;
		make_ready(e, slot);
		return false;
	}
	trace_path_send(p, e->now, ttl, probe);
	probe->ref.slot = slot;
	probe->ref.generation = p->generation;
	e->counts.sent++;
	if (is_resting(e, p))
		wake_at(e, slot, rest_of(p));
	else
		make_ready(e, slot);
	return true;
}

static void give_back(struct trace_engine *e)
{
	if (e->lent == NONE)
		return;
	trace_kin_take(&e->kin, e->paths, e->lent);
	slot_put(e, e->lent);
	e->lent = NONE;
	e->count--;
}

enum trace_want trace_next(struct trace_engine *e, struct trace_probe *probe,
			   struct trace_record *result)
{
	give_back(e);
	while (first_ready(e) != NONE && !mono_before(e->now, e->held)) {
		uint32_t slot = first_ready(e);
		struct trace_path *p = &e->paths[slot];
		struct mono until = MONO_NEVER;
		uint8_t ttl = 0;
		const struct trace_scene scene = {
			.share = p->target.share_ns > 0 ? &e->share : NULL,
			.first_held = e->first_held,
			.lost_at = e->lost_at,
		};
		switch (trace_path_step(p, e->now, &scene, &ttl, &until)) {
		case TRACE_STEP_SEND:
			if (send_one(e, slot, ttl, probe))
				return TRACE_SEND;
			break;
		case TRACE_STEP_SLEEP:
			take_ready(e);
			wake_at(e, slot, until);
			break;
		case TRACE_STEP_DONE:
			take_ready(e);
			trace_record_make(e->scratch, p, e->now, result);
			e->counts.borrowed += result->borrowed_count;
			e->counts.lost += trace_record_lost(result);
			e->lent = slot;
			return TRACE_FINISHED;
		}
	}
	return TRACE_NOTHING;
}

void trace_stop(struct trace_engine *e)
{
	e->held = (struct mono){ INT64_MIN };
	for (uint32_t i = 0; i < e->high; i++) {
		if (!e->paths[i].used || i == e->lent)
			continue;
		e->paths[i].stopped = true;
		make_ready(e, i);
	}
}

struct mono trace_due(const struct trace_engine *e)
{
	if (first_ready(e) == NONE)
		return heap_first(&e->wakes);
	return mono_before(e->now, e->held) ? e->held : e->now;
}

size_t trace_count(const struct trace_engine *e)
{
	return e->count;
}

struct trace_counts trace_counts(const struct trace_engine *e)
{
	return e->counts;
}
