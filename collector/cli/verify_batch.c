// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/rd.h"
#include "base/text.h"
#include "cli/verify.h"
#include "msg/record.h"
#include "seal/seal.h"
#include "store/rows.h"

#define VERIFY_ARENA_MAX (64 * 1024 * 1024) // one unpacked batch
#define VERIFY_ROW_MAX   (2 * 1024 * 1024)  // one row in COPY's form

#define ARRAY_FLAGS      4  // where an array's "has nulls" word is
#define ARRAY_DIMENSIONS 12 // where its dimensions begin

static enum err wrong(struct proof *p, const char *format, ...) PRINTF(2, 3);

static enum err wrong(struct proof *p, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	p->good = false;
	vsnprintf(p->why, sizeof(p->why), format, args);
	va_end(args);
	return ERR_OK;
}

// --- rows -----

// The store says of an array that it may have nulls; PostgreSQL says whether it has any.
static bool same_array(struct span a, struct span b)
{
	if (a.len != b.len || a.len < ARRAY_DIMENSIONS)
		return false;
	return memcmp(a.at, b.at, ARRAY_FLAGS) == 0 &&
	       memcmp(a.at + 2 * ARRAY_FLAGS, b.at + 2 * ARRAY_FLAGS, a.len - 2 * ARRAY_FLAGS) == 0;
}

// WANT: one row as the store would COPY it. Returns the first column that differs, or -1.
static int differs(struct span want, const struct pg_rows *have, size_t row)
{
	struct rd r = rd_of(want);
	size_t fields = rd_u16(&r);
	if (fields != pg_rows_columns(have))
		return 0;
	for (size_t c = 0; c < fields; c++) {
		uint32_t len = rd_u32(&r);
		bool null = len == UINT32_MAX;
		struct span field = null ? (struct span){ 0 } : rd_span(&r, len);
		if (null != pg_rows_null(have, row, c))
			return (int)c;
		struct span other = pg_rows_raw(have, row, c);
		if (!null && !span_eq(field, other) && !same_array(field, other))
			return (int)c;
	}
	return rd_done(&r) == ERR_OK ? -1 : 0;
}

static enum err compare(const struct batch *b, enum rows_table t, struct rows_key k,
			const struct pg_rows *have, struct proof *p)
{
	static uint8_t buf[VERIFY_ROW_MAX];
	size_t at = 0;
	for (uint32_t i = 0; i < rows_count(b, t); i++) {
		struct wr w = wr_of(buf, sizeof(buf));
		if (rows_record(&w, k, b, t, i) != ERR_OK)
			continue; // it was not stored as a row
		if (at == pg_rows_count(have))
			return wrong(p, "%s %u was signed and is not stored", rows_table_name(t),
				     i);
		int column = differs(wr_span(&w), have, at++);
		if (column >= 0)
			return wrong(p, "%s %u is not what was signed (column %d)",
				     rows_table_name(t), i, column + 1);
	}
	p->count += at;
	p->traces += t == ROWS_TRACE ? at : 0;
	if (at < pg_rows_count(have))
		return wrong(p, "%zu rows of %s were never signed", pg_rows_count(have) - at,
			     rows_table_name(t));
	return ERR_OK;
}

// Traces are found by time: the partitions have no index on batches.
static void trace_times(const struct batch *b, struct wall *from, struct wall *to)
{
	struct trace_record t;
	*from = *to = (struct wall){ 0 };
	for (size_t i = 0; i < batch_traces(b); i++) {
		if (batch_trace(b, i, &t) != ERR_OK)
			continue;
		if (from->ns == 0 || t.start.ns - NS_PER_MS < from->ns)
			from->ns = t.start.ns - NS_PER_MS;
		if (to->ns == 0 || t.start.ns + NS_PER_MS > to->ns)
			to->ns = t.start.ns + NS_PER_MS;
	}
}

static enum err check_rows(struct pg *pg, const struct batch *b, struct rows_key k,
			   bool quarantined, struct proof *p, struct fault *f)
{
	struct wall from, to;
	enum err err = ERR_OK;
	size_t stored = 0;
	trace_times(b, &from, &to);
	const struct pg_value values[] = { pg_int(k.node), pg_int(k.stream), pg_int((int64_t)k.seq),
					   pg_wall(from), pg_wall(to) };
	for (enum rows_table t = ROWS_TRACE; err == ERR_OK && p->good && t <= ROWS_GAP; t++) {
		AUTO(pg_rows_free) struct pg_rows *rows = NULL;
		char name[32];
		snprintf(name, sizeof(name), "verify_%s", rows_table_name(t));
		err = pg_query_raw(pg, name, values, t == ROWS_TRACE ? 5 : 3, &rows, f);
		stored += pg_rows_count(rows);
		if (err == ERR_OK)
			err = compare(b, t, k, rows, p);
	}
	// A batch that the database itself refused stands in quarantine alone.
	if (quarantined && stored == 0 && !p->good) {
		p->good = true;
		p->why[0] = '\0';
	}
	p->rows = err == ERR_OK && p->good;
	return err;
}

// --- the batch -----

static bool head_fits(struct pg_rows *rows, size_t row, const struct batch_head *h)
{
	return text_is(h->node, pg_rows_text(rows, row, VERIFY_NAME)) &&
	       h->epoch == (uint64_t)pg_rows_int(rows, row, VERIFY_EPOCH) &&
	       h->seq == (uint64_t)pg_rows_int(rows, row, VERIFY_SEQ) &&
	       h->records == (uint64_t)pg_rows_int(rows, row, VERIFY_RECORDS);
}

static enum err check_body(struct pg *pg, struct pg_rows *rows, size_t row, struct span body,
			   struct proof *p, struct fault *f)
{
	struct arena arena;
	struct batch *b = NULL;
	bool quarantined = pg_rows_bool(rows, row, VERIFY_QUARANTINED);
	const struct rows_key k = { .node = (int32_t)pg_rows_int(rows, row, VERIFY_NODE),
				    .stream = (int32_t)pg_rows_int(rows, row, VERIFY_STREAM),
				    .seq = (uint64_t)pg_rows_int(rows, row, VERIFY_SEQ) };
	arena_init(&arena, VERIFY_ARENA_MAX);
	enum err err = batch_read(body, &arena, &b);
	if (err != ERR_OK && quarantined)
		err = ERR_OK; // signed but unreadable: no rows to compare
	else if (err != ERR_OK)
		err = wrong(p, "the signed bytes cannot be read: %s", err_name(err));
	else if (!head_fits(rows, row, batch_head(b)))
		err = wrong(p, "the signed bytes are of another batch");
	else
		err = check_rows(pg, b, k, quarantined, p, f);
	arena_wipe(&arena);
	return err;
}

enum err verify_batch(struct pg *pg, struct pg_rows *rows, size_t row, struct proof *p,
		      struct fault *f)
{
	uint8_t made[SEAL_DIGEST_SIZE];
	struct span digest = pg_rows_bytes(rows, row, VERIFY_DIGEST);
	struct span signature = pg_rows_bytes(rows, row, VERIFY_SIGNATURE);
	struct span key = pg_rows_bytes(rows, row, VERIFY_SIGN_KEY);
	*p = (struct proof){ .good = true };
	if (key.len != SEAL_KEY_SIZE || !pg_rows_bool(rows, row, VERIFY_KEY_IS_NODES))
		return wrong(p, "its key is not a key of the node");
	if (digest.len != SEAL_DIGEST_SIZE || signature.len != SEAL_SIGNATURE_SIZE ||
	    !seal_verify_digest(SEAL_BATCH, digest.at, key.at, signature.at))
		return wrong(p, "the signature is not the node's over the stored digest");
	p->signature = true;
	struct span body = pg_rows_bytes(rows, row, VERIFY_BODY);
	if (body.at == NULL)
		return ERR_OK;
	seal_digest(body, made);
	if (!span_eq(span_of(made, sizeof(made)), digest) ||
	    (int64_t)body.len != pg_rows_int(rows, row, VERIFY_BYTES))
		return wrong(p, "the kept bytes are not the signed ones");
	p->bytes = true;
	return check_body(pg, rows, row, body, p, f);
}
