// SPDX-License-Identifier: Apache-2.0
//
// What one trace takes from the others, and what it gives them.
#include <stdlib.h>

#include "trace/inflow.h"
#include "trace/path_part.h"

#define NO_SERIAL TRACE_NO_SERIAL

static const struct trace_attempt *answer_at(const struct trace_path *p, unsigned ttl)
{
	uint16_t serial = hop(p, (uint8_t)ttl)->answer;
	return serial == NO_SERIAL ? NULL : &p->attempts[serial];
}

static void lend(struct trace_path *p, const struct share_hop *h, struct mono now)
{
	size_t most = (size_t)(p->low - p->target.first_ttl);
	if (p->loans == NULL)
		p->loans = calloc(most, sizeof(*p->loans));
	if (p->loans == NULL || !trace_path_room(p))
		return;
	uint16_t serial = p->serials++;
	p->attempts[serial] = (struct trace_attempt){
		.time = h->rtt_us,
		.state = TRACE_ATTEMPT_ANSWERED,
		.kind = ANSWER_ICMP,
		.type = h->type,
		.code = h->code,
		.from = trace_path_keep_addr(p, &h->addr),
		.ttl = h->ttl,
		.reply_ttl = h->reply_ttl,
		.quoted_ttl = h->quoted_ttl,
		.mark = TRACE_BORROWED,
	};
	p->loans[p->loan_count++] = (struct trace_loan){
		.from = h->from,
		.age_ms = (uint32_t)clamp(mono_since(now, h->at) / NS_PER_MS, 0, UINT32_MAX),
		.serial = serial,
	};
	hop(p, h->ttl)->tries++;
	hop(p, h->ttl)->answer = serial;
	if (h->ttl > p->top)
		p->top = h->ttl;
}

// All hops before the lowest one asked, or none: a chain with a gap is asked further.
static bool borrow(struct trace_path *p, const struct trace_share *share, struct mono now)
{
	struct share_hop chain[TRACE_HOPS_MAX], h;
	const struct trace_attempt *a = answer_at(p, p->low);
	unsigned ttl = p->low;
	size_t count = 0;
	if (a == NULL || a->mark != 0 ||
	    !share_find(share, now, p->target.share_ns, trace_path_from(p, a), p->low, &h))
		return false;
	while (ttl > p->target.first_ttl) {
		ttl--;
		if (!share_find(share, now, p->target.share_ns, h.before, (uint8_t)ttl, &h))
			return false;
		chain[count++] = h;
	}
	for (size_t i = 0; i < count; i++)
		lend(p, &chain[i], now);
	return true;
}

static bool is_settled(const struct trace_path *p, uint8_t ttl)
{
	if (hop(p, ttl)->answer != NO_SERIAL)
		return true;
	for (uint16_t i = p->first_open; i < p->serials; i++)
		if (p->attempts[i].ttl == ttl && p->attempts[i].state == TRACE_ATTEMPT_OPEN)
			return false;
	return hop(p, ttl)->tries > 0;
}

// One hop nearer; when the target itself answered, as near as the TTL of its packet says it is.
static void step_back(struct trace_path *p)
{
	const struct trace_attempt *a = answer_at(p, p->low);
	uint8_t next = (uint8_t)(p->low - 1);
	if (a != NULL && p->reached == p->low) {
		unsigned away = inflow_distance(a->reply_ttl);
		if (away + 1 < next) {
			next = (uint8_t)clamp((int64_t)away + 1, p->target.first_ttl, next);
			p->expect = next;
		}
	}
	p->low = next;
}

void trace_path_back(struct trace_path *p, const struct trace_share *share, struct mono now)
{
	while (share != NULL && p->loan_count == 0 && p->low > p->target.first_ttl &&
	       is_settled(p, p->low)) {
		if (borrow(p, share, now))
			return;
		step_back(p);
	}
}

static bool is_measured(const struct trace_attempt *a)
{
	return a != NULL && a->mark == 0 && a->from != 0;
}

static void teach(const struct trace_path *p, struct trace_share *share, struct mono now,
		  uint8_t ttl)
{
	const struct trace_attempt *a = answer_at(p, ttl);
	const struct trace_attempt *b = ttl > p->target.first_ttl ? answer_at(p, ttl - 1u) : NULL;
	const unsigned expired = p->target.dst.family == 4 ? 11 : 3;
	if (!is_measured(a) || a->type != expired || (ttl > 1 && !is_measured(b)))
		return;
	const struct share_hop h = {
		.addr = trace_path_from(p, a),
		.ttl = ttl,
		.before = ttl > 1 ? trace_path_from(p, b) : (struct addr){ 0 },
		.from = p->target.tag,
		.at = now,
		.rtt_us = a->time,
		.type = (uint8_t)a->type,
		.code = (uint8_t)a->code,
		.reply_ttl = a->reply_ttl,
		.quoted_ttl = a->quoted_ttl,
	};
	share_put(share, &h);
}

void trace_path_teach(const struct trace_path *p, struct trace_share *share, struct mono now,
		      uint16_t serial)
{
	uint8_t ttl = p->attempts[serial].ttl;
	teach(p, share, now, ttl);
	if (ttl < p->top)
		teach(p, share, now, (uint8_t)(ttl + 1));
	if (p->reached == ttl)
		share_put_distance(share, p->target.dst, ttl);
}
