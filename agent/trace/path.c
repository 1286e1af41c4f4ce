// SPDX-License-Identifier: Apache-2.0
#include "trace/path.h"

#include <stdlib.h>

#include "trace/probe.h"
#include "wire/ip.h"

#define HOP_SPACING    (50 * NS_PER_MS)  // between two probes of one trace to one router
#define AGAIN_SPACING  (400 * NS_PER_MS) // to a router that seems to limit its answers, and longer
#define SLOT_FLOOR     (200 * NS_PER_MS) // an open probe holds its place in the window this long
#define PATIENCE_FLOOR NS_PER_S          // and is given up after this, unless RTTs say more
#define ROOM_FIRST     16                // attempts
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

enum err trace_path_init(struct trace_path *p, const struct trace_target *t, struct mono now,
			 uint64_t random)
{
	size_t hops = (size_t)(t->max_ttl - t->first_ttl) + 1;
	p->hops = calloc(hops, sizeof(*p->hops));
	if (p->hops == NULL)
		return ERR_MEMORY;
	p->target = *t;
	p->begun = now;
	p->last_send = (struct mono){ INT64_MIN / 2 };
	p->random = random;
	p->wake[0] = p->wake[1] = MONO_NEVER;
	for (size_t i = 0; i < hops; i++)
		p->hops[i] = (struct trace_hop){ .last = p->last_send, .answer = NO_SERIAL };
	p->top = (uint8_t)(t->first_ttl - 1);
	return ERR_OK;
}

void trace_path_wipe(struct trace_path *p)
{
	free(p->attempts);
	free(p->hops);
	uint32_t generation = p->generation;
	*p = (struct trace_path){ .generation = generation };
}

uint32_t trace_path_cookie(const struct trace_path *p)
{
	return (uint32_t)p->random;
}

uint32_t trace_path_flow_label(const struct trace_path *p)
{
	uint32_t label = (uint32_t)(p->random >> 20) & 0xfffff;
	return p->target.dst.family == 4 ? 0 : label == 0 ? 1 : label;
}

uint16_t trace_path_check(const struct trace_path *p, uint16_t serial)
{
	uint16_t cookie = (uint16_t)(p->random >> 32);
	return trace_token(cookie, trace_proto(p->target.method, 4) == IP_UDP ? serial : 0);
}

uint16_t trace_path_ip_id(const struct trace_path *p, uint16_t serial)
{
	return trace_token((uint16_t)(p->random >> 48), serial);
}

uint32_t trace_path_seq(const struct trace_path *p, uint16_t serial)
{
	uint32_t base = (uint32_t)(p->random >> 16) * 2654435761u;
	return p->target.method == TRACE_ICMP ? (base + serial) & 0xffff : base + serial;
}

static struct trace_hop *hop(const struct trace_path *p, uint8_t ttl)
{
	return &p->hops[ttl - p->target.first_ttl];
}

static uint8_t lower(uint8_t a, uint8_t b)
{
	return a == 0 || (b != 0 && b < a) ? b : a;
}

// TTL past which nothing more is wanted; 0 while unknown.
static uint8_t stop_ttl(const struct trace_path *p)
{
	return lower(lower(p->reached, p->unreachable), p->loop);
}

static uint8_t horizon(const struct trace_path *p)
{
	unsigned ttl = (unsigned)p->top + p->target.gap;
	if (ttl > p->target.max_ttl)
		ttl = p->target.max_ttl;
	uint8_t stop = stop_ttl(p);
	return stop != 0 && stop < ttl ? stop : (uint8_t)ttl;
}

static int64_t clamp(int64_t v, int64_t low, int64_t high)
{
	if (v < low)
		v = low;
	return v < high ? v : high;
}

struct waiting {
	size_t count;       // probes that hold a place in the window
	size_t open;        // probes that may still be answered in time
	struct mono change; // when one of the two becomes less
};

// Gives up what waited too long and counts the rest. Every router's RTT so far says how long is too
// long: four times the largest.
static struct waiting settle(struct trace_path *p, struct mono now, uint8_t end)
{
	int64_t wait = p->target.wait_ns;
	int64_t patience = p->rtt_max == 0 ? wait : clamp(4 * p->rtt_max, PATIENCE_FLOOR, wait);
	int64_t slot = p->rtt_max == 0 ? wait : clamp(3 * p->rtt_max, SLOT_FLOOR, patience);
	struct waiting w = { .change = MONO_NEVER };
	for (uint16_t i = p->first_open; i < p->serials; i++) {
		struct trace_attempt *a = &p->attempts[i];
		int64_t age = mono_since(now, a->sent);
		if (a->state == TRACE_ATTEMPT_OPEN && (age >= patience || a->ttl > end))
			a->state = TRACE_ATTEMPT_SILENT;
		if (a->state != TRACE_ATTEMPT_OPEN) {
			p->first_open = i == p->first_open ? (uint16_t)(i + 1) : p->first_open;
			continue;
		}
		w.open++;
		w.count += age < slot;
		w.change = mono_min(w.change, mono_add(a->sent, age < slot ? slot : patience));
	}
	return w;
}

// A silent hop before one that answers may only be limiting its answers.
static uint8_t tries_due(const struct trace_path *p, uint8_t ttl)
{
	bool asked_again = ttl < p->top && hop(p, ttl)->answer == NO_SERIAL;
	return asked_again ? most_tries(&p->target) : p->target.attempts;
}

// When the next probe to TTL may go, as far as its router is concerned.
static struct mono hop_due(const struct trace_path *p, uint8_t ttl)
{
	const struct trace_hop *h = hop(p, ttl);
	int64_t extra = (int64_t)h->tries - p->target.attempts + 1;
	if (extra <= 0)
		return mono_add(h->last, HOP_SPACING);
	// Traces that met the limit together must not come back together.
	int64_t jitter = (int64_t)(p->random >> ((ttl + h->tries) & 31) & 0x1ff) * NS_PER_MS;
	return mono_add(h->last, extra * AGAIN_SPACING + jitter);
}

// The TTL probed least, the nearest of those; 0 when all had their attempts.
static uint8_t least_tried(const struct trace_path *p, uint8_t end)
{
	uint8_t best = 0;
	for (uint8_t ttl = p->target.first_ttl; ttl <= end; ttl++) {
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

static struct mono later(struct mono a, struct mono b)
{
	return mono_before(a, b) ? b : a;
}

// Most traces end early: storage doubles with what was sent.
static bool room_for_one(struct trace_path *p)
{
	if (p->serials < p->room)
		return true;
	size_t room = p->room == 0 ? ROOM_FIRST : p->room * 2u;
	struct trace_attempt *attempts = reallocarray(p->attempts, room, sizeof(*attempts));
	if (attempts == NULL)
		return false;
	p->attempts = attempts;
	p->room = (uint16_t)room;
	return true;
}

enum trace_step trace_path_step(struct trace_path *p, struct mono now, uint8_t *ttl,
				struct mono *until)
{
	if (p->stopped || p->refused || p->no_route || past_deadline(p, now))
		return TRACE_STEP_DONE;
	uint8_t end = horizon(p);
	struct waiting w = settle(p, now, end);
	*ttl = least_tried(p, end);
	if (*ttl == 0 && w.open == 0)
		return TRACE_STEP_DONE;
	*until = mono_min(w.change, deadline(p));
	if (*ttl == 0 || w.count >= p->target.window)
		return TRACE_STEP_SLEEP;
	struct mono due = later(mono_add(p->last_send, p->target.spacing_ns), hop_due(p, *ttl));
	if (!mono_before(now, due)) {
		p->stopped = !room_for_one(p);
		return p->stopped ? TRACE_STEP_DONE : TRACE_STEP_SEND;
	}
	*until = mono_min(*until, due);
	return TRACE_STEP_SLEEP;
}

void trace_path_send(struct trace_path *p, struct mono now, uint8_t ttl, struct trace_probe *probe)
{
	const struct trace_target *t = &p->target;
	uint16_t serial = p->serials++;
	p->attempts[serial] = (struct trace_attempt){ .sent = now, .ttl = ttl };
	hop(p, ttl)->tries++;
	hop(p, ttl)->last = p->last_send = now;
	*probe = (struct trace_probe){
		.ref.serial = serial,
		.src = t->src,
		.dst = t->dst,
		.method = t->method,
		.ttl = ttl,
		.tos = t->tos,
		.sport = t->sport,
		.dport = t->dport,
		.flow_label = trace_path_flow_label(p),
		.ip_id = trace_path_ip_id(p, serial),
		.seq = trace_path_seq(p, serial),
		.check = trace_path_check(p, serial),
		.cookie = trace_path_cookie(p),
	};
}

static bool same_answer(const struct trace_path *p, unsigned a, unsigned b)
{
	uint16_t x = hop(p, (uint8_t)a)->answer, y = hop(p, (uint8_t)b)->answer;
	return x != NO_SERIAL && y != NO_SERIAL &&
	       addr_eq(p->attempts[x].from, p->attempts[y].from);
}

// Whether the hops that end at LAST are one sequence of PERIOD twice over. One address again and
// again is not: a router may answer for its neighbour.
static bool repeats(const struct trace_path *p, unsigned last, unsigned period)
{
	bool all_one = true;
	if (last + 1 < p->target.first_ttl + 2 * period)
		return false;
	for (unsigned i = 0; i < period; i++) {
		if (!same_answer(p, last - i, last - i - period))
			return false;
		all_one = all_one && same_answer(p, last - i, last);
	}
	return !all_one;
}

static void look_for_loop(struct trace_path *p, uint8_t from)
{
	for (unsigned last = from; last <= p->top; last++)
		for (unsigned period = 2; period <= p->top / 2u; period++)
			if (repeats(p, last, period)) {
				p->loop = lower(p->loop, (uint8_t)last);
				return;
			}
}

// Codes by which the destination's own stack speaks, whatever address it speaks from.
static bool is_port_unreachable(const struct trace_reply *r)
{
	if (r->dst.family == 4)
		return r->icmp_code == 2 || r->icmp_code == 3;
	return r->icmp_code == 4;
}

static void note_end(struct trace_path *p, uint8_t ttl, const struct trace_reply *r)
{
	bool target = addr_eq(r->from, p->target.dst);
	if (r->kind == TRACE_HEARD_EXPIRED) {
		if (ttl > p->expired)
			p->expired = ttl;
		if (target)
			p->self = lower(p->self, ttl);
	} else if (r->kind != TRACE_HEARD_UNREACHABLE || target || is_port_unreachable(r)) {
		p->reached = lower(p->reached, ttl);
	} else {
		p->unreachable = lower(p->unreachable, ttl);
	}
}

static void keep_labels(struct trace_path *p, struct trace_attempt *a, const struct trace_reply *r)
{
	a->mpls_at = p->mpls_count;
	for (size_t i = 0; i < r->mpls_count && p->mpls_count < TRACE_PATH_MPLS; i++) {
		const struct mpls_entry *e = &r->mpls[i];
		p->mpls[p->mpls_count++] =
			e->label << 12 | (e->tc & 7u) << 9 | (e->bottom ? 256u : 0u) | e->ttl;
		a->mpls_count++;
	}
}

static uint32_t answer_of(const struct trace_reply *r)
{
	if (r->kind == TRACE_HEARD_DATAGRAM)
		return ANSWER(ANSWER_UDP, 0, 0);
	if (r->kind == TRACE_HEARD_SYN_ACK || r->kind == TRACE_HEARD_RST)
		return ANSWER(ANSWER_TCP, 0, r->tcp_flags & 0xff);
	return ANSWER(ANSWER_ICMP, r->icmp_type, r->icmp_code);
}

bool trace_path_hear(struct trace_path *p, uint16_t serial, uint8_t mark, struct mono rx,
		     struct mono now, const struct trace_reply *r)
{
	struct trace_attempt *a = &p->attempts[serial];
	if (a->state == TRACE_ATTEMPT_ANSWERED)
		return false;
	// A receive time that cannot be (a stepped clock) is replaced by the time we know.
	if (mono_before(now, rx) || mono_before(rx, a->sent))
		rx = later(now, a->sent);
	a->rtt = mono_since(rx, a->sent);
	a->mark = mark;
	if (a->state == TRACE_ATTEMPT_SILENT && a->ttl <= horizon(p))
		a->mark |= TRACE_LATE;
	else if (a->rtt > p->rtt_max)
		p->rtt_max = a->rtt;
	a->state = TRACE_ATTEMPT_ANSWERED;
	a->from = r->from;
	a->answer = answer_of(r);
	a->reply_ttl = r->ttl;
	a->quoted_ttl = r->quoted ? r->quoted_ttl : 0;
	keep_labels(p, a, r);
	note_end(p, a->ttl, r);
	if (hop(p, a->ttl)->answer == NO_SERIAL)
		hop(p, a->ttl)->answer = serial;
	if (a->ttl > p->top)
		p->top = a->ttl;
	look_for_loop(p, a->ttl);
	return true;
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
	    addr_eq(p->attempts[hop(p, p->top)->answer].from, p->target.dst))
		return TRACE_REACHED;
	if (p->stopped || past_deadline(p, now))
		return TRACE_DEADLINE;
	return p->top + p->target.gap > p->target.max_ttl ? TRACE_MAX_TTL : TRACE_GAP;
}

uint8_t trace_path_end(const struct trace_path *p)
{
	uint8_t end = horizon(p);
	while (end >= p->target.first_ttl && hop(p, end)->tries == 0)
		end--;
	return end;
}
