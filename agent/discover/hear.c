// SPDX-License-Identifier: Apache-2.0
//
// What comes back, and what does not.
#include "discover/own.h"

// Which question a message is about: NULL when it is none of ours under way.
static struct slot *slot_of(struct discover *d, unsigned port, struct span message)
{
	struct dns_walk w;
	if (port >= d->c.ports || dns_walk_init(&w, message) != ERR_OK)
		return NULL;
	uint16_t plain = w.head.id ^ d->masks[port];
	struct slot *s = &d->slots[(size_t)(plain >> 4) * d->c.ports + port];
	if (s->state != SLOT_OUT || (s->turn & 15) != (plain & 15))
		return NULL;
	return question_is(message, s->candidate == 0 ? &d->c.control : &s->name, s->type) ? s
											   : NULL;
}

// The candidate of a slot whose question is over; a sweep's question makes one.
static struct candidate *end_slot(struct discover *d, struct slot *s, struct wall wall,
				  uint32_t *number)
{
	uint32_t i = (uint32_t)(s - d->slots);
	struct candidate *c = NULL;
	d->helper_out -= discover_of_helper(d, s);
	if (s->candidate != 0) {
		*number = s->candidate - 1;
		c = d->candidates[*number];
	} else {
		c = discover_new_candidate(d, s->to, RESOLVER_TEST, s->first_sent, wall, number);
		if (c != NULL)
			c->place = s->place;
	}
	discover_drop_slot(d, i);
	return c;
}

void discover_hear(struct discover *d, struct mono at, struct wall wall,
		   const struct discover_heard *h)
{
	struct dns_walk w;
	uint32_t number;
	struct slot *s = slot_of(d, h->port, h->message);
	d->counts.heard++;
	if (s == NULL || h->from_port != DISCOVER_PORT || dns_walk_init(&w, h->message) != ERR_OK ||
	    !w.head.response || (discover_of_helper(d, s) && !addr_eq(h->from, s->to))) {
		d->counts.strange++;
		return;
	}
	struct mono sent = s->sent;
	struct candidate *c = end_slot(d, s, wall, &number);
	if (c == NULL)
		return;
	candidate_hear(c, &d->c, sent, at, h);
	discover_go_on(d, number, at);
}

static void silence(struct discover *d, struct slot *s, struct mono now)
{
	uint32_t number = s->candidate;
	struct mono sent = s->sent;
	bool unreachable = s->unreachable;
	d->helper_out -= discover_of_helper(d, s);
	discover_drop_slot(d, (uint32_t)(s - d->slots));
	if (number == 0)
		return;
	candidate_silence(d->candidates[number - 1], sent, unreachable);
	discover_go_on(d, number - 1, now);
}

void discover_unreachable(struct discover *d, struct mono at, unsigned port, struct span message)
{
	struct slot *s = slot_of(d, port, message);
	if (s == NULL)
		return;
	s->unreachable = true;
	silence(d, s, at);
}

static void slot_due(struct discover *d, uint32_t i, uint32_t turn, struct mono now)
{
	struct slot *s = &d->slots[i];
	if ((s->turn & 0x7fff) != turn)
		return;
	if (s->state == SLOT_HELD) {
		discover_push(d, i);
		return;
	}
	if (s->state != SLOT_OUT || mono_before(now, mono_add(s->sent, d->c.wait_ns)))
		return;
	if (s->tries < (s->candidate == 0 ? d->c.sweep_tries : d->c.tries)) {
		d->helper_out -= discover_of_helper(d, s);
		discover_push(d, i);
	} else {
		silence(d, s, now);
	}
}

void discover_tick(struct discover *d, struct mono now)
{
	struct heap_item item;
	while (heap_take(&d->timers, now, &item)) {
		uint32_t i = (uint32_t)item.id;
		if ((item.id & DISCOVER_OF_CANDIDATE) == 0)
			slot_due(d, i, (uint32_t)(item.id >> 32), now);
		else if (d->candidates[i] != NULL)
			discover_go_on(d, i, now);
	}
}
