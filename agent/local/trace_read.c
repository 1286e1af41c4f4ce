// SPDX-License-Identifier: Apache-2.0
#include "local/trace_read.h"

#include <stdlib.h>

#include "sys/file.h"

#define FILE_MAX ((size_t)1 << 30)

static void complain(const char *path, const struct trace_file *file, enum err err)
{
	if (file->kind == TRACE_FILE_WARTS && err != ERR_CORRUPT) {
		fprintf(stderr,
			"waymark trace: %s: offset %zu: object of type %u: no trace that can be "
			"read (%s)\n",
			path, file->place, file->object, err_name(err));
		return;
	}
	fprintf(stderr, "waymark trace: %s: %s %zu: no trace that can be read (%s)\n", path,
		file->kind == TRACE_FILE_WARTS  ? "offset"
		: file->kind == TRACE_FILE_LIST ? "number"
						: "line",
		file->place, err_name(err));
}

static enum err print_all(const char *path, struct span bytes, enum trace_format format,
			  unsigned max_ttl, size_t *bad)
{
	struct arena arena;
	struct trace_doc doc;
	struct trace_file file = trace_file_of(bytes);
	enum err err;
	arena_init(&arena, TRACE_DOC_BYTES);
	while ((err = trace_file_next(&file, &arena, &doc)) != ERR_MISSING) {
		if (err == ERR_OK)
			err = trace_format_write(stdout, format, &doc, max_ttl);
		arena_reset(&arena);
		if (err == ERR_OK)
			continue;
		complain(path, &file, err);
		++*bad;
		if (err == ERR_CORRUPT)
			break;
	}
	arena_wipe(&arena);
	return err == ERR_MISSING ? ERR_OK : err;
}

enum err trace_read_print(const char *path, enum trace_format format, unsigned max_ttl, size_t *bad,
			  struct fault *f)
{
	char *text = NULL;
	size_t len = 0;
	enum err err = file_read(path, FILE_MAX, &text, &len, f);
	if (err == ERR_OK && print_all(path, span_of(text, len), format, max_ttl, bad) != ERR_OK)
		err = fault_set(f, ERR_CORRUPT, 0, "%s: damaged; what came before was printed",
				path);
	free(text);
	return err;
}

// Without a name Linux' traceroute prints the address in its place.
static enum err name_reply(struct arena *a, const struct trace_names *names,
			   enum trace_format format, struct trace_doc_reply *r)
{
	r->host = trace_names_find(names, r->from);
	if (r->host.len > 0 || r->from.family == 0 || format != TRACE_FORMAT_TEXT)
		return ERR_OK;
	char *text = arena_take(a, ADDR_TEXT);
	if (text == NULL)
		return ERR_MEMORY;
	addr_write(r->from, text);
	r->host = span_text(text);
	return ERR_OK;
}

enum err trace_record_print(FILE *out, enum trace_format format, const struct trace_record *r,
			    const char *name, unsigned max_ttl, const struct trace_names *names)
{
	struct arena arena;
	struct trace_doc doc;
	arena_init(&arena, TRACE_DOC_BYTES);
	enum err err = trace_doc_of(&arena, r, name, &doc);
	for (size_t i = 0; err == ERR_OK && names != NULL && i < doc.count; i++)
		err = name_reply(&arena, names, format, &doc.replies[i]);
	if (err == ERR_OK)
		err = trace_format_write(out, format, &doc, max_ttl);
	arena_wipe(&arena);
	return err;
}
