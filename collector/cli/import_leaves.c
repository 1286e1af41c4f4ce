// SPDX-License-Identifier: Apache-2.0
#include "cli/import_leaves.h"

#include <stdlib.h>

#include "base/arena.h"
#include "cli/json.h"
#include "leaf/leaf.h"

#define ARENA_LIMIT (64 * 1024) // texts of one certificate: at most 66 of PAGE_NAME_MAX bytes

enum { LEAF_ITEM, LEAF_HOST, LEAF_DER };

static void write_wall(struct json *j, const char *key, struct wall t)
{
	if (t.ns == 0)
		json_null(j, key);
	else
		json_wall(j, key, t);
}

static void write_span(struct json *j, const char *key, struct span text)
{
	if (text.len == 0)
		json_null(j, key);
	else
		json_span(j, key, text);
}

static void write_leaf(struct json *j, int64_t item, const struct page_tls *t)
{
	json_object(j, NULL);
	json_int(j, "item", item);
	write_span(j, "subject", t->subject);
	write_span(j, "issuer", t->issuer);
	write_wall(j, "not_before", t->not_before);
	write_wall(j, "not_after", t->not_after);
	json_array(j, "names");
	for (size_t i = 0; i < t->name_count; i++)
		json_span(j, NULL, t->names[i]);
	json_end_array(j);
	json_end_object(j);
}

static enum err write_leaves(struct pg_rows *rows, char **text, struct fault *f)
{
	size_t size = 0;
	FILE *out = open_memstream(text, &size);
	if (out == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory");
	struct json j = json_of(out);
	struct arena arena;
	arena_init(&arena, ARENA_LIMIT);
	json_array(&j, NULL);
	for (size_t i = 0; i < pg_rows_count(rows); i++) {
		struct page_tls t = { 0 };
		arena_reset(&arena);
		if (leaf_read(pg_rows_bytes(rows, i, LEAF_DER), pg_rows_text(rows, i, LEAF_HOST),
			      &arena, &t))
			write_leaf(&j, pg_rows_int(rows, i, LEAF_ITEM), &t);
	}
	json_end_array(&j);
	arena_wipe(&arena);
	return fclose(out) == 0 ? ERR_OK : fault_set(f, ERR_MEMORY, 0, "no memory");
}

enum err import_leaves(struct pg *pg, int64_t node, int64_t stream, struct fault *f)
{
	int64_t after = -1;
	for (;;) {
		AUTO(pg_rows_free) struct pg_rows *rows = NULL;
		char *text = NULL;
		enum err err =
			pg_query(pg, "import_leaves",
				 PG_VALUES(pg_int(node), pg_int(stream), pg_int(after)), &rows, f);
		size_t count = err == ERR_OK ? pg_rows_count(rows) : 0;
		if (count == 0)
			return err;
		after = pg_rows_int(rows, count - 1, LEAF_ITEM);
		err = write_leaves(rows, &text, f);
		if (err == ERR_OK)
			err = pg_run(pg, "import_leaves_put",
				     PG_VALUES(pg_int(node), pg_int(stream), pg_text(text)), NULL,
				     f);
		free(text);
		if (err != ERR_OK)
			return err;
	}
}
