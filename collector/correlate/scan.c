// SPDX-License-Identifier: Apache-2.0
//
// Scans of open resolvers: signatures are looked for in the pages, those of zones in the answers,
// addresses are placed, then the rules in SQL judge (migrate/0017_satellite_rule.sql,
// 0019_dns_judge.sql).
#include <stdlib.h>
#include <string.h>

#include "correlate/correlate.h"
#include "correlate/correlate_own.h"
#include "correlate/signature.h"

enum { SIGNATURE_ID, SIGNATURE_PATTERN };
enum {
	PAGE_NODE,
	PAGE_STREAM,
	PAGE_SEQ,
	PAGE_ITEM,
	PAGE_REPLY,
	PAGE_STATUS,
	PAGE_HEADERS,
	PAGE_BODY
};

static enum err load(struct pg *pg, struct signatures *s, struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	enum err err = pg_query(pg, "signature_patterns", PG_NO_VALUES, &rows, f);
	for (size_t i = 0; err == ERR_OK && i < pg_rows_count(rows); i++)
		err = signatures_put(s, pg_rows_int(rows, i, SIGNATURE_ID),
				     span_text(pg_rows_text(rows, i, SIGNATURE_PATTERN)), f);
	return err;
}

// Status, headers, an empty line, body: what patterns are written for.
static enum err write_page(struct pg_rows *rows, size_t i, struct wr *w)
{
	wr_text(w, pg_rows_text(rows, i, PAGE_STATUS));
	wr_text(w, "\r\n");
	wr_text(w, pg_rows_text(rows, i, PAGE_HEADERS));
	wr_text(w, "\r\n");
	wr_bytes(w, pg_rows_bytes(rows, i, PAGE_BODY));
	return w->err;
}

static enum err match_page(struct pg *pg, const struct signatures *s, struct pg_rows *rows,
			   size_t i, struct fault *f)
{
	size_t size = strlen(pg_rows_text(rows, i, PAGE_STATUS)) +
		      strlen(pg_rows_text(rows, i, PAGE_HEADERS)) +
		      pg_rows_bytes(rows, i, PAGE_BODY).len + 8;
	uint8_t *text = malloc(size);
	if (text == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory");
	struct wr w = wr_of(text, size);
	enum err err = write_page(rows, i, &w);
	struct signature_hit hit = signatures_find(s, wr_span(&w));
	free(text);
	if (err != ERR_OK)
		return fault_set(f, err, 0, "a page does not fit");
	return pg_run(pg, "page_match_put",
		      PG_VALUES(pg_int(pg_rows_int(rows, i, PAGE_NODE)),
				pg_int(pg_rows_int(rows, i, PAGE_STREAM)),
				pg_int(pg_rows_int(rows, i, PAGE_SEQ)),
				pg_int(pg_rows_int(rows, i, PAGE_ITEM)),
				pg_text(pg_rows_text(rows, i, PAGE_REPLY)),
				hit.id != 0 ? pg_int(hit.id) : pg_null(), pg_int(hit.gave_up)),
		      NULL, f);
}

static enum err match_some(struct pg *pg, const struct signatures *s, const uint8_t scan[static 16],
			   size_t *count, struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	enum err err = pg_begin(pg, f);
	*count = 0;
	if (err == ERR_OK)
		err = pg_query(pg, "page_unmatched", PG_VALUES(pg_uuid(scan)), &rows, f);
	if (err == ERR_OK)
		*count = pg_rows_count(rows);
	for (size_t i = 0; err == ERR_OK && i < *count; i++)
		err = match_page(pg, s, rows, i, f);
	if (err == ERR_OK)
		return pg_commit(pg, f);
	pg_rollback(pg);
	return err;
}

static enum err match_pages(struct pg *pg, const uint8_t scan[static 16],
			    struct correlate_counts *counts, struct fault *f)
{
	AUTO(signatures_free) struct signatures *s = signatures_new();
	size_t count = 1;
	if (s == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory");
	enum err err = load(pg, s, f);
	while (err == ERR_OK && signatures_count(s) > 0 && count > 0) {
		err = match_some(pg, s, scan, &count, f);
		counts->pages += count;
	}
	return err;
}

enum err correlate_scan(struct pg *pg, const char *data_dir, const uint8_t scan[static 16],
			struct correlate_counts *counts, struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	struct fault told = { 0 };
	enum err err = match_pages(pg, scan, counts, f);
	if (err == ERR_OK)
		err = correlate_signed(pg, scan, f);
	// Without places there are verdicts too, with less evidence.
	enum err placed = err == ERR_OK ? correlate_place_with(pg, data_dir, "place_wanted_scan",
							       scan, counts, &told)
					: ERR_OK;
	if (placed == ERR_UNREACHABLE || placed == ERR_MEMORY)
		return fault_set(f, placed, told.sys, "%s", told.what);
	if (err == ERR_OK)
		err = pg_query(pg, "correlate_scan", PG_VALUES(pg_uuid(scan)), &rows, f);
	if (err != ERR_OK)
		return err;
	counts->scans++;
	counts->pairs += (uint64_t)pg_rows_int(rows, 0, 0);
	return placed == ERR_OK ? ERR_OK : fault_set(f, placed, told.sys, "%s", told.what);
}

enum err correlate_scans(struct pg *pg, const char *data_dir, enum correlate_scope scope,
			 struct correlate_counts *counts, struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	enum err err = pg_run(pg, "correlate_scans_notice", PG_NO_VALUES, NULL, f);
	if (err == ERR_OK)
		err = scope == CORRELATE_AGAIN
			      ? pg_query(pg, "correlate_scans", PG_NO_VALUES, &rows, f)
			      : pg_query(pg, "correlate_scans_due",
					 PG_VALUES(pg_bool(scope == CORRELATE_KNOWN)), &rows, f);
	for (size_t i = 0; err == ERR_OK && i < pg_rows_count(rows); i++) {
		uint8_t scan[16];
		pg_rows_uuid(rows, i, 0, scan);
		err = correlate_scan(pg, data_dir, scan, counts, f);
	}
	return err;
}
