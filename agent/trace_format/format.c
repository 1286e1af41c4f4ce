// SPDX-License-Identifier: Apache-2.0
#include "trace_format/format.h"

#include "base/macro.h"
#include "base/text.h"
#include "trace_format/json.h"
#include "trace_format/warts.h"

static const char *const names[TRACE_FORMAT_COUNT] = { "text", "json", "atlas", "warts" };

const char *trace_format_name(enum trace_format f)
{
	return (unsigned)f < TRACE_FORMAT_COUNT ? names[f] : "unknown";
}

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

struct trace_file trace_file_of(struct span bytes)
{
	bool warts = bytes.len >= 2 && bytes.at[0] == WARTS_MAGIC >> 8 &&
		     bytes.at[1] == (WARTS_MAGIC & 0xff);
	return (struct trace_file){ .rest = bytes, .warts = warts };
}

// Records of other kinds (lists, cycles, pings) are passed over.
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
		if (type == WARTS_TRACE)
			return warts_read(a, body, out);
	}
	return ERR_MISSING;
}

static enum err next_line(struct trace_file *f, struct arena *a, struct trace_doc *out)
{
	while (f->rest.at != NULL && f->rest.len > 0) {
		struct span line = text_trim(text_cut(&f->rest, '\n'));
		f->place = ++f->begun;
		if (line.len == 0)
			continue;
		enum err err = trace_line_read(a, line, out);
		return err == ERR_MISSING ? ERR_FORMAT : err;
	}
	return ERR_MISSING;
}

enum err trace_file_next(struct trace_file *f, struct arena *a, struct trace_doc *out)
{
	return f->warts ? next_record(f, a, out) : next_line(f, a, out);
}
