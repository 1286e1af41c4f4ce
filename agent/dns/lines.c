// SPDX-License-Identifier: Apache-2.0
//
// Slots, the lines they stand in, and the blocks of message ids they hold.
#include <string.h>

#include "dns/state.h"

void dns_line_put(struct dns_scan *s, uint32_t i, enum dns_line line)
{
	struct dns_slot *t = &s->slots[i];
	struct dns_lane *l = &s->lanes[line];
	t->line = (uint8_t)line;
	t->next = NO_SLOT;
	t->prev = l->last;
	if (l->last == NO_SLOT)
		l->first = i;
	else
		s->slots[l->last].next = i;
	l->last = i;
}

void dns_line_take(struct dns_scan *s, uint32_t i)
{
	struct dns_slot *t = &s->slots[i];
	if (t->line >= LINE_COUNT)
		return;
	struct dns_lane *l = &s->lanes[t->line];
	if (t->prev == NO_SLOT)
		l->first = t->next;
	else
		s->slots[t->prev].next = t->next;
	if (t->next == NO_SLOT)
		l->last = t->prev;
	else
		s->slots[t->next].prev = t->prev;
}

static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

// New pairs go to one port for a while, so that what is sent together leaves from one socket; the
// repetitions of a pair go to ports of their own.
static uint16_t port_for(struct dns_scan *s, const struct dns_pick *p)
{
	uint32_t run = s->starts++ / 256;
	if (s->c.repetitions > 1)
		run = (uint32_t)mix(s->c.seed[0] ^ (uint64_t)p->resolver << 32 ^
				    ((uint64_t)p->domain << 4 | p->type)) +
		      p->repetition;
	for (uint32_t i = 0; i < s->c.ports; i++) {
		uint32_t port = (run + i * s->c.repetitions) % s->c.ports;
		if (s->load[port] < BLOCKS * 3 / 4)
			return (uint16_t)port;
	}
	return (uint16_t)(run % s->c.ports);
}

static uint16_t block_for(struct dns_scan *s, uint16_t port, uint32_t salt, uint32_t slot)
{
	uint32_t *blocks = s->blocks + (size_t)port * BLOCKS;
	uint32_t at = salt % BLOCKS;
	while (blocks[at] != 0)
		at = (at + 1) % BLOCKS;
	blocks[at] = slot + 1;
	s->load[port]++;
	return (uint16_t)at;
}

// There is room: slots are at most three quarters of all blocks.
uint32_t dns_slot_new(struct dns_scan *s, const struct dns_pick *p)
{
	uint32_t i = s->lanes[LINE_FREE].last;
	if (i != NO_SLOT)
		dns_line_take(s, i);
	else
		i = s->touched++;
	struct dns_slot *t = &s->slots[i];
	uint32_t epoch = t->epoch + 1;
	uint64_t salt = mix(s->c.seed[1] + mix((uint64_t)s->starts << 32 | i));
	*t = (struct dns_slot){ .resolver = p->resolver,
				.domain = p->domain,
				.type = (uint8_t)p->type,
				.repetition = (uint16_t)p->repetition,
				.epoch = epoch,
				.salt = (uint32_t)salt,
				.line = LINE_HELD,
				.asking = true };
	t->port = port_for(s, p);
	t->block = block_for(s, t->port, (uint32_t)(salt >> 32), i);
	s->used++;
	s->counts.outstanding = s->used;
	if (s->used > s->counts.most_outstanding)
		s->counts.most_outstanding = s->used;
	return i;
}

void dns_slot_drop(struct dns_scan *s, uint32_t i)
{
	struct dns_slot *t = &s->slots[i];
	s->blocks[(size_t)t->port * BLOCKS + t->block] = 0;
	s->load[t->port]--;
	dns_cells_drop(s->cells, &t->heard);
	dns_line_put(s, i, LINE_FREE);
	s->used--;
	s->counts.outstanding = s->used;
}

struct dns_slot *dns_slot_of(struct dns_scan *s, struct dns_handle h)
{
	if (h.slot >= s->touched)
		return NULL;
	struct dns_slot *t = &s->slots[h.slot];
	bool live = t->epoch == h.epoch && t->line != LINE_FREE && h.attempt < t->tries;
	return live ? t : NULL;
}

void dns_scan_sport(struct dns_scan *s, struct dns_handle h, uint16_t sport)
{
	struct dns_slot *t = dns_slot_of(s, h);
	if (t == NULL)
		return;
	t->stream_port = sport;
	s->stream_ports[(size_t)h.slot * DNS_TRIES_KEPT + h.attempt] = sport;
}

uint32_t dns_slot_find(const struct dns_scan *s, uint32_t port, uint16_t id)
{
	uint32_t i = s->blocks[(size_t)port * BLOCKS + (id >> 4)];
	return i == 0 ? NO_SLOT : i - 1;
}

uint16_t dns_slot_id(const struct dns_slot *t, unsigned attempt)
{
	return (uint16_t)((unsigned)t->block << 4 | ((attempt ^ t->salt) & 15));
}

unsigned dns_slot_attempt(const struct dns_slot *t, uint16_t id)
{
	return ((unsigned)id ^ t->salt) & 15u;
}
