// SPDX-License-Identifier: Apache-2.0
#include "base/csv.h"

#include <string.h>

static uint8_t at(const struct csv *c, size_t i)
{
	return i < c->rest.len ? c->rest.at[i] : 0;
}

static void skip(struct csv *c, size_t n)
{
	c->rest = span_cut(c->rest, n, c->rest.len - n);
}

void csv_init(struct csv *c, struct span text)
{
	c->rest = text;
	c->line = 0;
	c->next = 1;
	c->count = 0;
	if (text.len >= 3 && memcmp(text.at, "\xef\xbb\xbf", 3) == 0)
		skip(c, 3);
}

// Length of a line end at I; 0: none there.
static size_t line_end(const struct csv *c, size_t i)
{
	if (at(c, i) == '\n')
		return 1;
	return at(c, i) == '\r' && at(c, i + 1) == '\n' ? 2 : 0;
}

static void skip_idle_lines(struct csv *c)
{
	while (c->rest.len > 0) {
		size_t n = line_end(c, 0);
		if (n == 0 && at(c, 0) != '#')
			return;
		while (n == 0 && c->rest.len > 0) {
			skip(c, 1);
			n = line_end(c, 0);
		}
		skip(c, n);
		c->next++;
	}
}

static enum err bare(struct csv *c, struct span *out)
{
	size_t n = 0;
	while (n < c->rest.len && c->rest.at[n] != ',' && line_end(c, n) == 0)
		if (c->rest.at[n++] == '"')
			return ERR_FORMAT;
	*out = span_cut(c->rest, 0, n);
	skip(c, n);
	return ERR_OK;
}

static enum err quoted(struct csv *c, size_t *used, struct span *out)
{
	size_t from = *used;
	for (skip(c, 1); c->rest.len > 0; skip(c, 1)) {
		if (at(c, 0) == '"' && at(c, 1) != '"')
			break;
		if (at(c, 0) == '"')
			skip(c, 1);
		if (*used == CSV_QUOTED)
			return ERR_FULL;
		c->next += at(c, 0) == '\n';
		c->quoted[(*used)++] = at(c, 0);
	}
	if (c->rest.len == 0)
		return ERR_FORMAT;
	skip(c, 1);
	*out = span_of(c->quoted + from, *used - from);
	return c->rest.len == 0 || at(c, 0) == ',' || line_end(c, 0) > 0 ? ERR_OK : ERR_FORMAT;
}

enum err csv_next(struct csv *c)
{
	size_t used = 0;
	skip_idle_lines(c);
	c->line = c->next;
	c->count = 0;
	if (c->rest.len == 0)
		return ERR_MISSING;
	for (;;) {
		if (c->count == CSV_FIELDS)
			return ERR_FULL;
		struct span *field = &c->field[c->count++];
		enum err err = at(c, 0) == '"' ? quoted(c, &used, field) : bare(c, field);
		if (err != ERR_OK)
			return err;
		size_t n = line_end(c, 0);
		bool more = c->rest.len > 0 && at(c, 0) == ',';
		skip(c, more ? 1 : n);
		c->next += n > 0;
		if (!more)
			return ERR_OK;
	}
}
