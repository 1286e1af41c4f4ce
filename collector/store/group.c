// SPDX-License-Identifier: Apache-2.0
#include "store/group.h"

#include <stdlib.h>
#include <string.h>

#define TABLE_START 4096                  // bytes a table's buffer begins with
#define TABLE_MAX   (1024u * 1024 * 1024) // bytes one table's rows may have in one transaction

struct group *group_new(void)
{
	return calloc(1, sizeof(struct group));
}

void group_free(struct group **g)
{
	if (*g == NULL)
		return;
	for (size_t t = 0; t < ROWS_TABLES; t++)
		free((*g)->tables[t].at);
	free((*g)->batches);
	free((*g)->cursors);
	free(*g);
	*g = NULL;
}

void group_reset(struct group *g)
{
	for (size_t t = 0; t < ROWS_TABLES; t++) {
		g->tables[t].len = 0;
		g->tables[t].err = ERR_OK;
	}
	g->batch_count = g->cursor_count = 0;
	g->rows = g->traces = g->bytes = g->spoiled = 0;
	g->conflict = false;
}

static bool grow(struct wr *w)
{
	size_t cap = w->cap == 0 ? TABLE_START : w->cap * 2;
	uint8_t *at = cap > TABLE_MAX ? NULL : realloc(w->at, cap);
	if (at == NULL)
		return false;
	w->at = at;
	w->cap = cap;
	return true;
}

// A batch on its way into a group.
struct putting {
	struct group *group;
	const struct rows_batch *told;
	const struct batch *batch;
	const char *reason, *detail;
	uint32_t spoiled;
};

// Writes record ITEM of table T into W; one function for all tables keeps the growing in one place.
static enum err write_one(const struct putting *p, enum rows_table t, uint32_t i, struct wr *w)
{
	if (t == ROWS_BATCH)
		return rows_batch(w, p->told, p->batch == NULL ? NULL : batch_head(p->batch));
	if (t == ROWS_BODY)
		return rows_body(w, p->told);
	if (t == ROWS_QUARANTINE)
		return rows_quarantine(w, p->told, p->reason, p->detail);
	return rows_record(w, p->told->key, p->batch, t, i);
}

// ERR_MEMORY stops the batch; any other error takes back this record alone.
static enum err put_one(struct putting *p, enum rows_table t, uint32_t i)
{
	struct wr *w = &p->group->tables[t];
	size_t start = w->len;
	for (;;) {
		enum err err = write_one(p, t, i, w);
		if (err == ERR_OK)
			return ERR_OK;
		bool full = w->err == ERR_FULL;
		w->len = start;
		w->err = ERR_OK;
		if (full && grow(w))
			continue;
		return full ? ERR_MEMORY : err;
	}
}

static enum err put_table(struct putting *p, enum rows_table t, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		enum err err = put_one(p, t, (uint32_t)i);
		if (err == ERR_MEMORY)
			return err;
		if (err == ERR_OK)
			p->group->rows++;
		else
			p->spoiled++;
	}
	return ERR_OK;
}

static enum err put_records(struct putting *p)
{
	enum err err = ERR_OK;
	for (enum rows_table t = ROWS_TRACE; t <= ROWS_GAP && err == ERR_OK; t++)
		err = put_table(p, t, rows_count(p->batch, t));
	return err;
}

// What could not be read whole is kept whole.
static enum err put_quarantine(struct putting *p, enum err why)
{
	char text[64];
	if (p->batch != NULL && p->spoiled > 0) {
		p->reason = "range";
		struct wr w = wr_of(text, sizeof(text) - 1);
		wr_format(&w, "%u records do not fit their rules", p->spoiled);
		text[w.len] = '\0';
		p->detail = text;
	} else if (p->batch != NULL && batch_unknown(p->batch) > 0) {
		p->reason = "unknown";
	} else if (p->batch != NULL) {
		return ERR_OK;
	} else {
		p->reason = err_name(why);
	}
	return put_one(p, ROWS_QUARANTINE, 0);
}

static enum err room(struct group *g)
{
	if (g->batch_count == GROUP_BATCHES_MAX)
		return ERR_FULL;
	if (g->batch_count == g->batch_cap) {
		size_t cap = g->batch_cap == 0 ? 64 : g->batch_cap * 2;
		void *at = realloc(g->batches, cap * sizeof(g->batches[0]));
		if (at == NULL)
			return ERR_MEMORY;
		g->batches = at;
		g->batch_cap = cap;
	}
	if (g->cursor_count == g->cursor_cap) {
		size_t cap = g->cursor_cap == 0 ? 64 : g->cursor_cap * 2;
		void *at = realloc(g->cursors, cap * sizeof(g->cursors[0]));
		if (at == NULL)
			return ERR_MEMORY;
		g->cursors = at;
		g->cursor_cap = cap;
	}
	return ERR_OK;
}

static void move_cursor(struct group *g, uint32_t ticket, const struct rows_batch *b)
{
	for (size_t i = g->cursor_count; i > 0; i--) {
		struct group_cursor *c = &g->cursors[i - 1];
		if (c->stream != b->key.stream)
			continue;
		c->to = b->key.seq;
		c->bytes += b->body.len;
		return;
	}
	g->cursors[g->cursor_count++] = (struct group_cursor){ .ticket = ticket,
							       .stream = b->key.stream,
							       .from = b->key.seq - 1,
							       .to = b->key.seq,
							       .bytes = b->body.len };
}

static void remember(struct group *g, uint32_t ticket, const struct rows_batch *b, bool unreadable)
{
	struct group_batch *e = &g->batches[g->batch_count++];
	*e = (struct group_batch){
		.ticket = ticket,
		.key = b->key,
		.bytes = (uint32_t)b->body.len,
		.unreadable = unreadable,
		.told = *b,
		.body_at = g->tables[ROWS_BODY].len - b->body.len,
	};
	memcpy(e->digest, b->digest, sizeof(e->digest));
	memcpy(e->signature, b->signature, sizeof(e->signature));
	for (size_t t = 0; t < ROWS_TABLES; t++)
		e->end[t] = g->tables[t].len;
}

enum err group_put(struct group *g, uint32_t ticket, const struct rows_batch *b,
		   const struct batch *batch, enum err why, const char *detail)
{
	struct putting p = { .group = g, .told = b, .batch = batch, .detail = detail };
	size_t start[ROWS_TABLES];
	for (size_t t = 0; t < ROWS_TABLES; t++)
		start[t] = g->tables[t].len;
	uint64_t rows = g->rows;
	enum err err = room(g);
	if (err == ERR_OK && batch != NULL)
		err = put_records(&p);
	if (err == ERR_OK)
		err = put_one(&p, ROWS_BATCH, 0);
	if (err == ERR_OK)
		err = put_one(&p, ROWS_BODY, 0);
	if (err == ERR_OK)
		err = put_quarantine(&p, why);
	if (err != ERR_OK) {
		for (size_t t = 0; t < ROWS_TABLES; t++)
			g->tables[t].len = start[t];
		g->rows = rows;
		return err;
	}
	g->traces += batch == NULL ? 0 : batch_traces(batch);
	g->bytes += b->body.len;
	g->spoiled += p.spoiled;
	move_cursor(g, ticket, b);
	remember(g, ticket, b, batch == NULL);
	return ERR_OK;
}

struct span group_slice(const struct group *g, size_t i, enum rows_table t)
{
	size_t from = i == 0 ? 0 : g->batches[i - 1].end[t];
	return span_of(g->tables[t].at + from, g->batches[i].end[t] - from);
}

enum err group_refuse(const struct group *g, size_t i, const char *detail, struct group *out)
{
	const struct group_batch *e = &g->batches[i];
	struct rows_batch b = e->told;
	b.body = span_of(g->tables[ROWS_BODY].at + e->body_at, e->bytes);
	b.digest = e->digest;
	b.signature = e->signature;
	group_reset(out);
	return group_put(out, e->ticket, &b, NULL, ERR_REFUSED, detail);
}
