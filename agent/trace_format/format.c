// SPDX-License-Identifier: Apache-2.0
#include "trace_format/format.h"

#include "base/macro.h"
#include "base/text.h"
#include "trace_format/json.h"
#include "trace_format/scamper.h"
#include "trace_format/text_read.h"
#include "trace_format/warts.h"

static const char *const names[TRACE_FORMAT_COUNT] = { "text", "json", "atlas", "warts" };

enum err trace_format_read(struct span word, enum trace_format *out)
{
	for (int i = 0; i < TRACE_FORMAT_COUNT; i++)
		if (text_is(word, names[i])) {
			*out = (enum trace_format)i;
			return ERR_OK;
		}
	return ERR_MISSING;
}

enum err trace_format_write(FILE *out, enum trace_format f, const struct trace_doc *d,
			    unsigned max_ttl)
{
	switch (f) {
	case TRACE_FORMAT_TEXT:
		trace_text_write(out, d, max_ttl);
		return ERR_OK;
	case TRACE_FORMAT_JSON:
		trace_json_write(out, d);
		return ERR_OK;
	case TRACE_FORMAT_ATLAS:
		atlas_write(out, d);
		return ERR_OK;
	case TRACE_FORMAT_WARTS:
		return warts_write(out, d);
	case TRACE_FORMAT_COUNT:
		break;
	}
	return ERR_STATE;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// Length of the JSON value that S begins with, told by its brackets alone; 0: it does not end.
static size_t value_length(struct span s)
{
	size_t depth = 0;
	bool quoted = false;
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.at[i];
		if (quoted) {
			i += c == '\\';
			quoted = c != '"';
		} else if (c == '"') {
			quoted = true;
		} else if (c == '{' || c == '[') {
			depth++;
		} else if (c == '}' || c == ']') {
			if (depth-- <= 1)
				return i + 1;
		}
	}
	return 0;
}

struct trace_file trace_file_of(struct span bytes)
{
	struct trace_file f = { .rest = bytes, .kind = TRACE_FILE_LINES };
	struct span body = text_trim(bytes);
	if (bytes.len >= 2 && bytes.at[0] == WARTS_MAGIC >> 8 &&
	    bytes.at[1] == (WARTS_MAGIC & 0xff))
		f.kind = TRACE_FILE_WARTS;
	else if (body.len > 0 && body.at[0] != '{' && body.at[0] != '[')
		f.kind = TRACE_FILE_TEXT;
	else if (body.len > 0 && value_length(body) == body.len)
		f.kind = TRACE_FILE_WHOLE;
	return f;
}

// Lists and cycles are passed over; what else is no path (pings, say) is told to be none.
static enum err next_record(struct trace_file *f, struct arena *a, struct trace_doc *out)
{
	while (f->rest.len > 0) {
		struct rd r = rd_of(f->rest);
		uint16_t magic = rd_u16(&r), type = rd_u16(&r);
		struct span body = rd_span(&r, rd_u32(&r));
		if (r.err != ERR_OK || magic != WARTS_MAGIC)
			return ERR_CORRUPT;
		f->rest = rd_rest(&r);
		f->place = f->begun;
		f->begun += r.pos;
		f->object = type;
		if (type == WARTS_TRACE)
			return warts_read(a, body, out);
		if (type == WARTS_GRAPH)
			return warts_graph_read(a, body, out);
		if (type > WARTS_ASIDE)
			return ERR_UNSUPPORTED;
	}
	return ERR_MISSING;
}

// A value of a file laid out for people may go over several lines; our own documents never do.
static enum err read_value(struct arena *a, struct span value, struct trace_doc *out)
{
	struct tree *t;
	uint8_t *line = arena_take(a, value.len + 1);
	if (line == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < value.len; i++)
		line[i] = is_blank(value.at[i]) ? ' ' : value.at[i];
	enum err err = tree_read(a, span_of(line, value.len), &t);
	if (err == ERR_OK)
		err = scamper_is_aside(t) ? ERR_EXISTS : trace_tree_read(a, t, out);
	return err == ERR_MISSING ? ERR_FORMAT : err;
}

static enum err next_line(struct trace_file *f, struct arena *a, struct trace_doc *out)
{
	while (f->rest.at != NULL && f->rest.len > 0) {
		struct span line = text_trim(text_cut(&f->rest, '\n'));
		f->place = ++f->begun;
		if (line.len == 0)
			continue;
		enum err err = read_value(a, line, out);
		if (err != ERR_EXISTS)
			return err;
		arena_reset(a);
	}
	return ERR_MISSING;
}

// One value is the whole file: a list of results, or an object that has one (RIPE Atlas' own
// downloads and tools), else one trace.
static enum err open_whole(struct trace_file *f, struct arena *a)
{
	struct tree *t;
	const struct tree *list;
	f->kind = TRACE_FILE_LIST;
	enum err err = tree_read(a, f->rest, &t);
	if (err != ERR_OK)
		return err == ERR_MEMORY ? err : ERR_FORMAT;
	list = t->kind == TREE_ARRAY ? t : tree_find(t, "results");
	if (list != NULL && list->kind == TREE_ARRAY)
		f->rest = span_cut(list->raw, 1, list->raw.len - 2);
	arena_reset(a);
	return ERR_OK;
}

static enum err next_of_list(struct trace_file *f, struct arena *a, struct trace_doc *out)
{
	while (f->rest.len > 0) {
		if (is_blank(f->rest.at[0]) || f->rest.at[0] == ',') {
			f->rest = span_cut(f->rest, 1, f->rest.len);
			continue;
		}
		size_t len = value_length(f->rest);
		len = len == 0 ? f->rest.len : len;
		struct span value = span_cut(f->rest, 0, len);
		f->rest = span_cut(f->rest, len, f->rest.len);
		f->place = ++f->begun;
		enum err err = read_value(a, value, out);
		if (err != ERR_EXISTS)
			return err;
		arena_reset(a);
	}
	return ERR_MISSING;
}

// From one heading to the next.
static enum err next_text(struct trace_file *f, struct arena *a, struct trace_doc *out)
{
	struct span all = f->rest;
	bool some = false;
	if (text_trim(all).len == 0)
		return ERR_MISSING;
	f->place = f->begun + 1;
	while (f->rest.at != NULL && f->rest.len > 0) {
		struct span before = f->rest, line = text_cut(&f->rest, '\n');
		if (some && trace_text_is_head(line)) {
			f->rest = before;
			return trace_text_read(a, span_of(all.at, (size_t)(before.at - all.at)),
					       out);
		}
		some = some || trace_text_is_head(line);
		f->begun++;
	}
	return trace_text_read(a, all, out);
}

enum err trace_file_next(struct trace_file *f, struct arena *a, struct trace_doc *out)
{
	enum err err = f->kind == TRACE_FILE_WHOLE ? open_whole(f, a) : ERR_OK;
	if (err != ERR_OK) {
		f->rest = (struct span){ 0 };
		return err;
	}
	switch (f->kind) {
	case TRACE_FILE_WARTS:
		return next_record(f, a, out);
	case TRACE_FILE_LINES:
		return next_line(f, a, out);
	case TRACE_FILE_TEXT:
		return next_text(f, a, out);
	case TRACE_FILE_WHOLE:
	case TRACE_FILE_LIST:
		break;
	}
	return next_of_list(f, a, out);
}
