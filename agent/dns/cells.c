// SPDX-License-Identifier: Apache-2.0
#include "dns/cells.h"

#include <stdlib.h>
#include <string.h>

#define ROOM 36 // three answers of one address with EDNS are three cells

struct cell {
	uint32_t next;
	uint8_t bytes[ROOM];
};

struct dns_cells {
	uint32_t limit, touched, free, free_count; // cell 0 is nobody's
	struct cell cells[];
};

struct dns_cells *dns_cells_new(uint32_t limit)
{
	struct dns_cells *c = calloc(1, sizeof(*c) + ((size_t)limit + 1) * sizeof(struct cell));
	if (c == NULL)
		return NULL;
	c->limit = limit;
	c->touched = 1;
	return c;
}

void dns_cells_free(struct dns_cells **c)
{
	free(*c);
	*c = NULL;
}

static uint32_t take(struct dns_cells *c)
{
	uint32_t i = c->free;
	if (i == 0)
		return c->touched++;
	c->free = c->cells[i].next;
	c->free_count--;
	return i;
}

static void append(struct dns_cells *c, struct dns_string *s)
{
	uint32_t i = take(c);
	c->cells[i].next = 0;
	if (s->first == 0)
		s->first = i;
	else
		c->cells[s->last].next = i;
	s->last = i;
}

bool dns_cells_put(struct dns_cells *c, struct dns_string *s, struct span bytes)
{
	size_t spare = s->len % ROOM == 0 ? 0 : ROOM - s->len % ROOM;
	size_t more = bytes.len <= spare ? 0 : (bytes.len - spare + ROOM - 1) / ROOM;
	if (more > c->free_count + (c->limit + 1u - c->touched))
		return false;
	while (bytes.len > 0) {
		size_t at = s->len % ROOM;
		if (at == 0)
			append(c, s);
		size_t n = bytes.len < ROOM - at ? bytes.len : ROOM - at;
		memcpy(c->cells[s->last].bytes + at, bytes.at, n);
		s->len += (uint32_t)n;
		bytes = span_cut(bytes, n, bytes.len);
	}
	return true;
}

void dns_cells_cut(struct dns_cells *c, struct dns_string *s, uint32_t len)
{
	uint32_t keep = (len + ROOM - 1) / ROOM, i = s->first;
	if (keep == 0) {
		dns_cells_drop(c, s);
		return;
	}
	while (--keep > 0)
		i = c->cells[i].next;
	struct dns_string rest = { .first = c->cells[i].next };
	c->cells[i].next = 0;
	s->last = i;
	s->len = len;
	dns_cells_drop(c, &rest);
}

void dns_cells_drop(struct dns_cells *c, struct dns_string *s)
{
	for (uint32_t i = s->first, next; i != 0; i = next) {
		next = c->cells[i].next;
		c->cells[i].next = c->free;
		c->free = i;
		c->free_count++;
	}
	*s = (struct dns_string){ 0 };
}

void dns_cells_copy(const struct dns_cells *c, const struct dns_string *s, uint8_t *out)
{
	size_t left = s->len;
	for (uint32_t i = s->first; i != 0 && left > 0; i = c->cells[i].next) {
		size_t n = left < ROOM ? left : ROOM;
		memcpy(out, c->cells[i].bytes, n);
		out += n;
		left -= n;
	}
}
