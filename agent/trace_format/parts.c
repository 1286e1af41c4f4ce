// SPDX-License-Identifier: Apache-2.0
#include "trace_format/parts.h"

#include <string.h>

#include "base/macro.h"
#include "base/wr.h"

#define LABELS_MAX 64 // kept of one answer
#define REPLIES    16 // there is room for at first; a power of two

enum err trace_label_put(struct arena *a, struct trace_doc_reply *r, uint32_t word)
{
	if (r->labels == NULL)
		r->labels = arena_take(a, LABELS_MAX * sizeof(*r->labels));
	if (r->labels == NULL)
		return ERR_MEMORY;
	if (r->label_count < LABELS_MAX)
		r->labels[r->label_count++] = word;
	return ERR_OK;
}

// There is always room up to the next power of two.
enum err trace_reply_put(struct arena *a, struct trace_doc *d, struct trace_doc_reply **out)
{
	size_t n = d->count;
	if (n == TRACE_DOC_REPLIES)
		return ERR_RANGE;
	if (n == 0 || (n >= REPLIES && (n & (n - 1)) == 0)) {
		struct trace_doc_reply *more =
			arena_take(a, (n == 0 ? REPLIES : 2 * n) * sizeof(*more));
		if (more == NULL)
			return ERR_MEMORY;
		if (n > 0)
			memcpy(more, d->replies, n * sizeof(*more));
		d->replies = more;
	}
	*out = &d->replies[d->count++];
	return ERR_OK;
}

enum err trace_doc_sort(struct arena *a, struct trace_doc *d)
{
	size_t at[257] = { 0 };
	struct trace_doc_reply *sorted = arena_take(a, (d->count + 1) * sizeof(*sorted));
	if (sorted == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < d->count; i++)
		at[d->replies[i].ttl + 1]++;
	for (size_t i = 1; i < COUNT(at); i++)
		at[i] += at[i - 1];
	for (size_t i = 0; i < d->count; i++)
		sorted[at[d->replies[i].ttl]++] = d->replies[i];
	d->replies = sorted;
	return ERR_OK;
}

void trace_doc_settle(struct trace_doc *d)
{
	d->first_ttl = d->count > 0 ? d->replies[0].ttl : 1;
	if (d->stop != TRACE_STOP_UNKNOWN || d->dst.family == 0)
		return;
	for (size_t i = 0; i < d->count; i++)
		if (addr_eq(d->replies[i].from, d->dst))
			d->stop = TRACE_REACHED;
}

void trace_facts_members(struct json *j, const struct trace_facts *f)
{
	for (const struct trace_fact *i = f->first; i != NULL; i = i->next)
		json_raw(j, i->key, i->value);
}

enum err trace_facts_read(struct arena *a, const struct tree *object, struct trace_facts *out)
{
	if (object == NULL || object->kind != TREE_OBJECT)
		return ERR_OK;
	for (const struct tree *t = object->child; t != NULL; t = t->next)
		if (trace_fact_put(a, out, t->key, t->raw) != ERR_OK)
			return ERR_MEMORY;
	return ERR_OK;
}

void trace_milli_write(struct json *j, const char *key, uint32_t us)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%u.%03u", us / 1000, us % 1000);
	while (text[n - 1] == '0' && text[n - 2] != '.')
		text[--n] = '\0';
	json_number(j, key, text);
}

// Stands between quotes as it is: escapes whole, no quote, no control byte.
static bool is_plain(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] < ' ' || s.at[i] == '"')
			return false;
		if (s.at[i] == '\\' && ++i == s.len)
			return false;
	}
	return true;
}

void trace_quoted(struct json *j, const char *key, struct span text)
{
	char quoted[512];
	struct wr w = wr_of(quoted, sizeof(quoted));
	wr_u8(&w, '"');
	wr_bytes(&w, text);
	wr_u8(&w, '"');
	if (w.err == ERR_OK && is_plain(text))
		json_raw(j, span_text(key), wr_span(&w));
	else
		json_span(j, key, text);
}
