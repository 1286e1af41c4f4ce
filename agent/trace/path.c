// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "trace/path_part.h"
#include "trace/probe.h"
#include "wire/ip.h"

#define HOP_SPACING    (50 * NS_PER_MS)  // between two probes of one trace to one router
#define AGAIN_SPACING  (400 * NS_PER_MS) // to a router that seems to limit its answers, and longer
#define SLOT_FLOOR     (200 * NS_PER_MS) // an open probe holds its place in the window this long
#define PATIENCE_FLOOR NS_PER_S          // and is given up after this, unless RTTs say more
#define ROOM_STEP      12                // attempts
#define HOPS_FIRST     16
#define LOST_AGAIN     2 // more probes to a hop whose probes may have been lost here
#define START          6 // TTL where one that may borrow begins without any idea
#define NO_SERIAL      TRACE_NO_SERIAL

static uint8_t most_tries(const struct trace_target *t)
{
	unsigned n = (unsigned)t->attempts + t->again;
	return n < TRACE_TRIES_MAX ? (uint8_t)n : TRACE_TRIES_MAX;
}

size_t trace_most_probes(const struct trace_target *t)
{
	return most_tries(t) * ((size_t)(t->max_ttl - t->first_ttl) + 1);
}

// Most paths are short: storage for all hops comes only with the first that is not.
static bool room_for_hops(struct trace_path *p, uint8_t ttl)
{
	size_t all = (size_t)(p->target.max_ttl - p->target.first_ttl) + 1;
	size_t room =
		all < HOPS_FIRST || ttl - p->target.first_ttl + 1 > HOPS_FIRST ? all : HOPS_FIRST;
	if (room <= p->hop_room)
		return true;
	struct trace_hop *hops = reallocarray(p->hops, room, sizeof(*hops));
	if (hops == NULL)
		return false;
	for (size_t i = p->hop_room; i < room; i++)
		hops[i] = (struct trace_hop){ .answer = NO_SERIAL };
	p->hops = hops;
	p->hop_room = (uint8_t)room;
	return true;
}

bool trace_path_allows(const struct trace_target *t)
{
	bool method = t->method >= TRACE_ICMP && t->method <= TRACE_QUIC;
	if (t->size != 0 &&
	    (t->method > TRACE_UDP || t->size < TRACE_SIZE_MIN || t->size > TRACE_SIZE_MAX))
		return false;
	if (t->flow_label > TRACE_LABEL_MAX && t->flow_label != TRACE_LABEL_AUTO)
		return false;
	return method && t->src.family == t->dst.family && addr_bits(t->dst) != 0 &&
	       t->first_ttl >= 1 && t->first_ttl <= t->max_ttl && t->max_ttl <= TRACE_HOPS_MAX &&
	       t->attempts >= 1 && t->attempts <= TRACE_TRIES_MAX && t->gap >= 1 &&
	       t->window >= 1 && t->wait_ns > 0 && t->spacing_ns >= 0 && t->deadline_ns >= 0 &&
	       (t->method == TRACE_ICMP || t->dport != 0);
}

enum err trace_path_init(struct trace_path *p, const struct trace_target *t, struct mono now,
			 uint64_t random)
{
	p->target = *t;
	p->begun = now;
	p->last_send = (struct mono){ INT64_MIN / 2 };
	p->random = random;
	p->wake[0] = p->wake[1] = MONO_NEVER;
	p->top = p->lead = (uint8_t)(t->first_ttl - 1);
	p->low = t->first_ttl;
	p->expect = t->distance >= t->first_ttl && t->distance <= t->max_ttl ? t->distance : 0;
	if (t->share_ns > 0) {
		if (p->expect == 0)
			p->expect = (uint8_t)clamp(START, t->first_ttl, t->max_ttl);
		p->low = p->expect;
		p->lead = (uint8_t)(p->low - 1);
	}
	return room_for_hops(p, p->top) ? ERR_OK : ERR_MEMORY;
}

void trace_path_wipe(struct trace_path *p)
{
	free(p->attempts);
	free(p->hops);
	free(p->addrs);
	free(p->mpls);
	trace_extras_wipe(&p->extra);
	free(p->loans);
	uint32_t generation = p->generation;
	*p = (struct trace_path){ .generation = generation };
}

uint32_t trace_path_cookie(const struct trace_path *p)
{
	return (uint32_t)p->random;
}

uint32_t trace_path_flow_label(const struct trace_path *p)
{
	uint32_t label = (uint32_t)(p->random >> 20) & TRACE_LABEL_MAX;
	if (p->target.dst.family == 4)
		return 0;
	if (p->target.flow_label != TRACE_LABEL_AUTO)
		return p->target.flow_label;
	return label == 0 ? 1 : label;
}

uint8_t trace_path_proto(const struct trace_path *p)
{
	return p->target.method == TRACE_FLOW ? p->target.proto
					      : trace_proto(p->target.method, p->target.dst.family);
}

uint16_t trace_path_check(const struct trace_path *p, uint16_t serial)
{
	uint16_t cookie = (uint16_t)(p->random >> 32);
	return trace_token(cookie, trace_path_proto(p) == IP_UDP ? serial : 0);
}

uint16_t trace_path_ip_id(const struct trace_path *p, uint16_t serial)
{
	// The guard of a flow knows our probes by the high byte.
	if (p->target.method == TRACE_FLOW)
		return (uint16_t)(p->random >> 56 << 8 | (uint8_t)(serial + (p->random >> 48)));
	return trace_token((uint16_t)(p->random >> 48), serial);
}

uint32_t trace_path_seq(const struct trace_path *p, uint16_t serial)
{
	uint32_t base = (uint32_t)(p->random >> 16) * 2654435761u;
	return p->target.method == TRACE_ICMP ? (base + serial) & 0xffff : base + serial;
}

// TTL past which nothing more is wanted; 0 while unknown.
static uint8_t stop_ttl(const struct trace_path *p)
{
	return lower(lower(p->reached, p->unreachable), p->loop);
}

// As far as answers and silence tell.
static uint8_t reach(const struct trace_path *p)
{
	unsigned ttl = (unsigned)(p->top > p->lead ? p->top : p->lead) + p->target.gap;
	if (ttl > p->target.max_ttl)
		ttl = p->target.max_ttl;
	uint8_t stop = stop_ttl(p);
	return stop != 0 && stop < ttl ? stop : (uint8_t)ttl;
}

uint8_t trace_path_horizon(const struct trace_path *p)
{
	uint8_t ttl = reach(p);
	return p->expect != 0 && p->expect < ttl ? p->expect : ttl;
}

struct waiting {
	size_t count;       // probes that hold a place in the window
	size_t open;        // probes that may still be answered in time
	struct mono change; // when one of the two becomes less
};

// A hop whose probe was perhaps lost here gets another, so that it is not called silent.
static void note_lost(struct trace_path *p, struct trace_attempt *a)
{
	struct trace_hop *h = hop(p, a->ttl);
	a->mark |= TRACE_LOST;
	if (h->lost < LOST_AGAIN && h->tries < TRACE_TRIES_MAX)
		h->lost++;
}

// Gives up what waited too long and counts the rest. Every router's RTT so far says how long is too
// long: four times the largest.
static struct waiting settle(struct trace_path *p, struct mono now, struct mono lost_at,
			     uint8_t end)
{
	int64_t wait = p->target.wait_ns;
	int64_t patience = p->rtt_max == 0 ? wait : clamp(4 * p->rtt_max, PATIENCE_FLOOR, wait);
	int64_t slot = p->rtt_max == 0 ? wait : clamp(3 * p->rtt_max, SLOT_FLOOR, patience);
	struct waiting w = { .change = MONO_NEVER };
	for (uint16_t i = p->first_open; i < p->serials; i++) {
		struct trace_attempt *a = &p->attempts[i];
		struct mono sent = sent_at(a, now);
		int64_t age = mono_since(now, sent);
		if (a->state == TRACE_ATTEMPT_OPEN && (age >= patience || a->ttl > end)) {
			a->state = TRACE_ATTEMPT_SILENT;
			p->expect = a->ttl == p->expect ? 0 : p->expect;
			if (!mono_before(lost_at, sent))
				note_lost(p, a);
		}
		if (a->state != TRACE_ATTEMPT_OPEN) {
			p->first_open = i == p->first_open ? (uint16_t)(i + 1) : p->first_open;
			continue;
		}
		w.open++;
		w.count += age < slot;
		w.change = mono_min(w.change, mono_add(sent, age < slot ? slot : patience));
	}
	return w;
}

// A silent hop before one that answers may only be limiting its answers.
static uint8_t tries_due(const struct trace_path *p, uint8_t ttl)
{
	bool asked_again = ttl < p->top && hop(p, ttl)->answer == NO_SERIAL;
	unsigned due = asked_again ? most_tries(&p->target) : p->target.attempts;
	// In a flow the server is known to lie further on; behind a gap once is enough.
	if (p->target.method == TRACE_FLOW && ttl > p->top + p->target.gap)
		return 1;
	if (hop(p, ttl)->answer == NO_SERIAL)
		due += hop(p, ttl)->lost;
	return due < TRACE_TRIES_MAX ? (uint8_t)due : TRACE_TRIES_MAX;
}

// When the next probe to TTL may go, as far as its router is concerned.
static struct mono hop_due(const struct trace_path *p, uint8_t ttl)
{
	const struct trace_hop *h = hop(p, ttl);
	if (h->tries == 0)
		return p->begun;
	struct mono last = mono_add(p->begun, (int64_t)h->last * TRACE_HOP_TICK);
	int64_t extra = (int64_t)h->tries - p->target.attempts + 1;
	if (extra <= 0)
		return mono_add(last, HOP_SPACING);
	// Traces that met the limit together must not come back together.
	int64_t jitter = (int64_t)(p->random >> ((ttl + h->tries) & 31) & 0x1ff) * NS_PER_MS;
	return mono_add(last, extra * AGAIN_SPACING + jitter);
}

// The TTL probed least, the nearest of those; 0 when all had their attempts. The very first probe
// goes to another hop from trace to trace, where that is wanted.
static uint8_t least_tried(const struct trace_path *p, uint8_t from, uint8_t end)
{
	uint8_t best = 0;
	if (p->serials == 0 && p->target.spread > 1 && from < end) {
		unsigned ttl = from + (unsigned)(p->random >> 40) % p->target.spread;
		return ttl < end ? (uint8_t)ttl : end;
	}
	for (uint8_t ttl = from; ttl <= end; ttl++) {
		uint8_t tries = hop(p, ttl)->tries;
		if (tries < tries_due(p, ttl) && (best == 0 || tries < hop(p, best)->tries))
			best = ttl;
	}
	return best;
}

static bool past_deadline(const struct trace_path *p, struct mono now)
{
	return p->target.deadline_ns > 0 && mono_since(now, p->begun) >= p->target.deadline_ns;
}

static struct mono deadline(const struct trace_path *p)
{
	return p->target.deadline_ns > 0 ? mono_add(p->begun, p->target.deadline_ns) : MONO_NEVER;
}

// Most traces end early: storage grows with what was sent.
bool trace_path_room(struct trace_path *p)
{
	if (p->serials < p->room)
		return true;
	size_t room = p->room + ROOM_STEP + p->room / 4u;
	struct trace_attempt *attempts = reallocarray(p->attempts, room, sizeof(*attempts));
	if (attempts == NULL)
		return false;
	p->attempts = attempts;
	p->room = (uint16_t)room;
	return true;
}

enum trace_step trace_path_step(struct trace_path *p, struct mono now,
				const struct trace_scene *scene, uint8_t *ttl, struct mono *until)
{
	if (p->stopped || p->refused || p->no_route || past_deadline(p, now))
		return TRACE_STEP_DONE;
	uint8_t end = trace_path_horizon(p);
	p->stopped = !room_for_hops(p, end);
	if (p->stopped)
		return TRACE_STEP_DONE;
	struct waiting w = settle(p, now, scene->lost_at, end);
	trace_path_back(p, scene->share, now);
	end = trace_path_horizon(p);
	p->stopped = !room_for_hops(p, end);
	if (p->stopped)
		return TRACE_STEP_DONE;
	*ttl = least_tried(p, p->low, end);
	if (*ttl == 0 && w.open == 0)
		return TRACE_STEP_DONE;
	*until = mono_min(w.change, deadline(p));
	if (*ttl == 1 && mono_before(now, scene->first_held)) {
		*until = mono_min(*until, scene->first_held);
		*ttl = least_tried(p, 2, end);
	}
	if (*ttl == 0 || w.count >= p->target.window)
		return TRACE_STEP_SLEEP;
	struct mono due = later(mono_add(p->last_send, p->target.spacing_ns), hop_due(p, *ttl));
	if (!mono_before(now, due)) {
		p->stopped = !trace_path_room(p);
		return p->stopped ? TRACE_STEP_DONE : TRACE_STEP_SEND;
	}
	*until = mono_min(*until, due);
	return TRACE_STEP_SLEEP;
}

static uint32_t ticks(const struct trace_path *p, struct mono now)
{
	int64_t n = mono_since(now, p->begun) / TRACE_HOP_TICK;
	return (uint32_t)clamp(n, 0, UINT32_MAX);
}

void trace_path_send(struct trace_path *p, struct mono now, uint8_t ttl, struct trace_probe *probe)
{
	const struct trace_target *t = &p->target;
	uint16_t serial = p->serials++;
	p->attempts[serial] = (struct trace_attempt){ .time = sent_time(now), .ttl = ttl };
	hop(p, ttl)->tries++;
	hop(p, ttl)->last = ticks(p, now);
	p->last_send = now;
	*probe = (struct trace_probe){
		.ref.serial = serial,
		.src = t->src,
		.dst = t->dst,
		.method = t->method,
		.ttl = ttl,
		.tos = t->tos,
		.size = t->size,
		.sport = t->sport,
		.dport = t->dport,
		.flow_label = trace_path_flow_label(p),
		.ip_id = trace_path_ip_id(p, serial),
		.seq = trace_path_seq(p, serial),
		.check = trace_path_check(p, serial),
		.cookie = trace_path_cookie(p),
		.name = t->name,
	};
}

void trace_path_sent(struct trace_path *p, uint16_t serial, struct mono at)
{
	if (p->attempts[serial].state == TRACE_ATTEMPT_OPEN)
		p->attempts[serial].time = sent_time(at);
}

void trace_path_unsent(struct trace_path *p, uint16_t serial)
{
	struct trace_attempt *a = &p->attempts[serial];
	a->state = TRACE_ATTEMPT_SILENT;
	p->unsent++;
	note_lost(p, a);
}

enum trace_stop trace_path_stop(const struct trace_path *p, struct mono now)
{
	uint8_t stop = stop_ttl(p);
	if (p->refused)
		return TRACE_REFUSED;
	if (p->no_route)
		return TRACE_UNREACHABLE;
	if (stop != 0)
		return stop == p->reached       ? TRACE_REACHED
		       : stop == p->unreachable ? TRACE_UNREACHABLE
						: TRACE_LOOP;
	if (p->self != 0 && hop(p, p->top)->answer != NO_SERIAL &&
	    addr_eq(trace_path_from(p, &p->attempts[hop(p, p->top)->answer]), p->target.dst))
		return TRACE_REACHED;
	if (p->stopped || past_deadline(p, now))
		return TRACE_DEADLINE;
	return p->top + p->target.gap > p->target.max_ttl ? TRACE_MAX_TTL : TRACE_GAP;
}

uint8_t trace_path_end(const struct trace_path *p)
{
	unsigned known = p->target.first_ttl + p->hop_room - 1u;
	uint8_t end = reach(p);
	end = end < known ? end : (uint8_t)known;
	while (end >= p->target.first_ttl && hop(p, end)->tries == 0)
		end--;
	return end;
}
