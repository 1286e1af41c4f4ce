// SPDX-License-Identifier: Apache-2.0
#include "trace_format/tree.h"

#include <string.h>

#include "base/text.h"

struct reader {
	struct arena *arena;
	struct span in;
	size_t pos;
	struct tree *open[TREE_DEPTH]; // containers not closed yet
	size_t depth;
};

static int peek(const struct reader *r)
{
	return r->pos < r->in.len ? r->in.at[r->pos] : -1;
}

static void skip_blanks(struct reader *r)
{
	for (int c = peek(r); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = peek(r))
		r->pos++;
}

static bool is_hex(int c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool escape(struct reader *r)
{
	int c = peek(r);
	if (c < 0 || strchr("\"\\/bfnrtu", c) == NULL)
		return false;
	r->pos++;
	for (int i = 0; c == 'u' && i < 4; i++, r->pos++)
		if (!is_hex(peek(r)))
			return false;
	return true;
}

// After the opening quote; OUT is what lies between the quotes.
static bool text(struct reader *r, struct span *out)
{
	size_t from = r->pos;
	for (int c = peek(r); c >= 0; c = peek(r)) {
		r->pos++;
		if (c == '"') {
			*out = span_cut(r->in, from, r->pos - 1 - from);
			return true;
		}
		if (c < ' ' || (c == '\\' && !escape(r)))
			return false;
	}
	return false;
}

static size_t digits(struct reader *r)
{
	size_t from = r->pos;
	while (peek(r) >= '0' && peek(r) <= '9')
		r->pos++;
	return r->pos - from;
}

static bool number(struct reader *r)
{
	if (peek(r) == '-')
		r->pos++;
	bool zero = peek(r) == '0';
	size_t whole = digits(r);
	if (whole == 0 || (zero && whole > 1))
		return false;
	if (peek(r) == '.') {
		r->pos++;
		if (digits(r) == 0)
			return false;
	}
	if (peek(r) != 'e' && peek(r) != 'E')
		return true;
	r->pos++;
	if (peek(r) == '+' || peek(r) == '-')
		r->pos++;
	return digits(r) > 0;
}

static bool word(struct reader *r, const char *what)
{
	struct span w = span_text(what);
	bool same = span_eq(span_cut(r->in, r->pos, w.len), w);
	r->pos += same ? w.len : 0;
	return same;
}

static bool scalar(struct reader *r, struct tree *t)
{
	struct span unused;
	int c = peek(r);
	t->kind = c == '"'               ? TREE_TEXT
		  : c == 't' || c == 'f' ? TREE_BOOL
		  : c == 'n'             ? TREE_NULL
					 : TREE_NUMBER;
	if (c == '"') {
		r->pos++;
		return text(r, &unused);
	}
	if (t->kind == TREE_NUMBER)
		return number(r);
	return word(r, c == 't' ? "true" : c == 'f' ? "false" : "null");
}

static bool key(struct reader *r, struct span *out)
{
	if (peek(r) != '"')
		return false;
	r->pos++;
	if (!text(r, out))
		return false;
	skip_blanks(r);
	return peek(r) == ':' && r->pos++ < r->in.len;
}

// One value; a container is opened only.
static enum err value(struct reader *r, struct tree **out)
{
	struct tree *parent = r->depth > 0 ? r->open[r->depth - 1] : NULL;
	struct tree *t = arena_take(r->arena, sizeof(*t));
	if (t == NULL)
		return ERR_MEMORY;
	if (parent != NULL && parent->kind == TREE_OBJECT && !key(r, &t->key))
		return ERR_FORMAT;
	skip_blanks(r);
	int c = peek(r);
	t->raw = span_cut(r->in, r->pos, 0);
	if (parent != NULL && parent->last != NULL)
		parent->last->next = t;
	else if (parent != NULL)
		parent->child = t;
	if (parent != NULL)
		parent->last = t;
	*out = t;
	if (c == '{' || c == '[') {
		if (r->depth == TREE_DEPTH)
			return ERR_FORMAT;
		t->kind = c == '{' ? TREE_OBJECT : TREE_ARRAY;
		r->open[r->depth++] = t;
		r->pos++;
		return ERR_OK;
	}
	size_t from = r->pos;
	if (!scalar(r, t))
		return ERR_FORMAT;
	t->raw = span_cut(r->in, from, r->pos - from);
	return ERR_OK;
}

// Closes containers as far as the text does. *MORE: another value follows.
static enum err close_up(struct reader *r, bool *more)
{
	for (*more = false; r->depth > 0; r->depth--) {
		struct tree *t = r->open[r->depth - 1];
		skip_blanks(r);
		int c = peek(r);
		if (c == (t->kind == TREE_OBJECT ? '}' : ']')) {
			r->pos++;
			t->raw.len = (size_t)(r->in.at + r->pos - t->raw.at);
			continue;
		}
		bool first = t->child == NULL;
		if (!first && c != ',')
			return ERR_FORMAT;
		r->pos += !first;
		skip_blanks(r);
		*more = true;
		return ERR_OK;
	}
	return ERR_OK;
}

enum err tree_read(struct arena *a, struct span in, struct tree **out)
{
	struct reader r = { .arena = a, .in = in };
	struct tree *t = NULL;
	bool more = true;
	*out = NULL;
	skip_blanks(&r);
	while (more) {
		enum err err = value(&r, &t);
		if (*out == NULL)
			*out = t;
		if (err == ERR_OK)
			err = close_up(&r, &more);
		if (err != ERR_OK)
			return err;
	}
	skip_blanks(&r);
	return r.pos == in.len ? ERR_OK : ERR_FORMAT;
}

const struct tree *tree_find(const struct tree *object, const char *name)
{
	if (object == NULL || object->kind != TREE_OBJECT)
		return NULL;
	for (const struct tree *t = object->child; t != NULL; t = t->next)
		if (text_is(t->key, name))
			return t;
	return NULL;
}

bool tree_u64(const struct tree *object, const char *name, uint64_t max, uint64_t *out)
{
	const struct tree *t = tree_find(object, name);
	return t != NULL && t->kind == TREE_NUMBER && text_u64(t->raw, 0, max, out) == ERR_OK;
}

struct span tree_text(const struct tree *object, const char *name)
{
	const struct tree *t = tree_find(object, name);
	if (t == NULL || t->kind != TREE_TEXT)
		return (struct span){ 0 };
	return span_cut(t->raw, 1, t->raw.len - 2);
}

bool tree_addr(const struct tree *object, const char *name, struct addr *out)
{
	struct addr a;
	if (addr_read(tree_text(object, name), &a) != ERR_OK)
		return false;
	*out = a;
	return true;
}

bool tree_milli(const struct tree *object, const char *name, uint64_t *out)
{
	const struct tree *t = tree_find(object, name);
	if (t == NULL || t->kind != TREE_NUMBER)
		return false;
	struct span rest = t->raw;
	struct span whole = text_cut(&rest, '.');
	uint64_t thousands, part = 0;
	if (text_u64(whole, 0, UINT32_MAX, &thousands) != ERR_OK || rest.len > 3)
		return false;
	if (rest.len > 0 && text_u64(rest, 0, 999, &part) != ERR_OK)
		return false;
	for (size_t i = rest.len; i < 3; i++)
		part *= 10;
	*out = thousands * 1000 + part;
	return true;
}
