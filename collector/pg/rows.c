// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "pg/pg.h"
#include "pg/pg_own.h"

#define ROWS_BYTES_MAX (256u * 1024 * 1024) // decoded bytea values of one result

struct pg_rows {
	PGresult *result;
	struct arena arena; // decoded bytea
};

struct pg_rows *pg_rows_of(PGresult *result)
{
	struct pg_rows *rows = calloc(1, sizeof(*rows));
	if (rows == NULL) {
		PQclear(result);
		return NULL;
	}
	rows->result = result;
	arena_init(&rows->arena, ROWS_BYTES_MAX);
	return rows;
}

void pg_rows_free(struct pg_rows **rows)
{
	if (*rows == NULL)
		return;
	PQclear((*rows)->result);
	arena_wipe(&(*rows)->arena);
	free(*rows);
	*rows = NULL;
}

size_t pg_rows_count(const struct pg_rows *rows)
{
	return rows == NULL ? 0 : (size_t)PQntuples(rows->result);
}

bool pg_rows_null(const struct pg_rows *rows, size_t row, size_t column)
{
	assert(row < pg_rows_count(rows) && column < (size_t)PQnfields(rows->result));
	return PQgetisnull(rows->result, (int)row, (int)column);
}

const char *pg_rows_text(const struct pg_rows *rows, size_t row, size_t column)
{
	if (pg_rows_null(rows, row, column))
		return NULL;
	return PQgetvalue(rows->result, (int)row, (int)column);
}

static struct span value(const struct pg_rows *rows, size_t row, size_t column)
{
	const char *text = pg_rows_text(rows, row, column);
	if (text == NULL)
		return (struct span){ 0 };
	return span_of(text, (size_t)PQgetlength(rows->result, (int)row, (int)column));
}

struct span pg_rows_raw(const struct pg_rows *rows, size_t row, size_t column)
{
	return value(rows, row, column);
}

size_t pg_rows_columns(const struct pg_rows *rows)
{
	return (size_t)PQnfields(rows->result);
}

int64_t pg_rows_int(const struct pg_rows *rows, size_t row, size_t column)
{
	struct span s = value(rows, row, column);
	int64_t v = 0;
	bool good = s.at == NULL || text_i64(s, INT64_MIN, INT64_MAX, &v) == ERR_OK;
	assert(good); // an integer column
	return v;
}

double pg_rows_real(const struct pg_rows *rows, size_t row, size_t column)
{
	struct span s = value(rows, row, column);
	return s.at == NULL ? 0.0 : strtod((const char *)s.at, NULL);
}

bool pg_rows_bool(const struct pg_rows *rows, size_t row, size_t column)
{
	struct span s = value(rows, row, column);
	assert(s.at == NULL || text_is(s, "t") || text_is(s, "f"));
	return s.at != NULL && *s.at == 't';
}

struct span pg_rows_bytes(struct pg_rows *rows, size_t row, size_t column)
{
	struct span s = value(rows, row, column);
	if (s.at == NULL)
		return s;
	assert(s.len >= 2 && s.len % 2 == 0 && s.at[0] == '\\' && s.at[1] == 'x');
	size_t len = (s.len - 2) / 2;
	uint8_t *out = arena_take(&rows->arena, len + 1);
	if (out == NULL || text_unhex(span_cut(s, 2, s.len), out, len) != ERR_OK)
		return (struct span){ 0 };
	return span_of(out, len);
}

struct wall pg_rows_wall(const struct pg_rows *rows, size_t row, size_t column)
{
	// ISO dates in UTC: "2026-11-21 21:40:00.123456+00". RFC 3339 wants T and minutes.
	struct span s = value(rows, row, column);
	struct wall t = { 0 };
	char text[WALL_TEXT];
	if (s.at == NULL || s.len + 4 > sizeof(text))
		return t;
	memcpy(text, s.at, s.len + 1);
	if (s.len > 10)
		text[10] = 'T';
	strcat(text, ":00");
	bool good = wall_read(span_text(text), &t) == ERR_OK;
	assert(good); // a timestamptz column
	return t;
}

struct addr pg_rows_addr(const struct pg_rows *rows, size_t row, size_t column)
{
	struct span s = value(rows, row, column);
	struct addr a = { 0 };
	bool good = s.at == NULL || addr_read(s, &a) == ERR_OK;
	assert(good); // an inet column without a mask
	return a;
}

void pg_rows_uuid(const struct pg_rows *rows, size_t row, size_t column, uint8_t out[static 16])
{
	struct span s = value(rows, row, column);
	char hex[33];
	size_t n = 0;
	memset(out, 0, 16);
	if (s.at == NULL)
		return;
	for (size_t i = 0; i < s.len && n < 32; i++)
		if (s.at[i] != '-')
			hex[n++] = (char)s.at[i];
	hex[n] = '\0';
	bool good = text_unhex(span_of(hex, n), out, 16) == ERR_OK;
	assert(good); // a uuid column
}
