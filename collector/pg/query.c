// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pg/pg.h"
#include "pg/pg_own.h"

#define VALUE_TEXT 64 // room for a number, a time, an address or a UUID as text

// What libpq wants of parameters, and the storage it borrows.
struct params {
	const char *value[PG_PARAMS_MAX];
	int len[PG_PARAMS_MAX], format[PG_PARAMS_MAX];
	char text[PG_PARAMS_MAX][VALUE_TEXT];
	char *owned[PG_PARAMS_MAX]; // texts that had no NUL
};

static void params_wipe(struct params *p)
{
	for (size_t i = 0; i < PG_PARAMS_MAX; i++)
		free(p->owned[i]);
}

static void uuid_text(const uint8_t *b, char out[static VALUE_TEXT])
{
	size_t n = 0;
	for (size_t i = 0; i < 16; i++)
		n += (size_t)snprintf(out + n, VALUE_TEXT - n, "%s%02x",
				      i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", b[i]);
}

static enum err param_text(struct params *p, size_t i, struct span text, struct fault *f)
{
	if (memchr(text.at, '\0', text.len) != NULL)
		return fault_set(f, ERR_RANGE, 0, "a text for the database holds a NUL");
	p->owned[i] = strndup((const char *)text.at, text.len);
	if (p->owned[i] == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory for a parameter");
	p->value[i] = p->owned[i];
	return ERR_OK;
}

static enum err param_set(struct params *p, size_t i, const struct pg_value *v, struct fault *f)
{
	p->value[i] = p->text[i];
	switch (v->kind) {
	case PG_NULL:
		p->value[i] = NULL;
		break;
	case PG_TEXT:
		return param_text(p, i, v->span, f);
	case PG_INT:
		snprintf(p->text[i], VALUE_TEXT, "%lld", (long long)v->i);
		break;
	case PG_REAL:
		snprintf(p->text[i], VALUE_TEXT, "%.17g", v->real);
		break;
	case PG_BOOL:
		snprintf(p->text[i], VALUE_TEXT, "%s", v->i ? "t" : "f");
		break;
	case PG_BYTES:
		// The only kind whose binary form is itself.
		p->value[i] = v->span.len > 0 ? (const char *)v->span.at : "";
		p->len[i] = (int)v->span.len;
		p->format[i] = 1;
		break;
	case PG_UUID:
		uuid_text(v->span.at, p->text[i]);
		break;
	case PG_WALL:
		wall_write(v->wall, p->text[i]);
		break;
	case PG_ADDR:
		addr_write(v->addr, p->text[i]);
		break;
	}
	return ERR_OK;
}

static enum err prepare(struct pg *pg, const char *path, const char *text, struct fault *f)
{
	for (size_t i = 0; i < pg->prepared_count; i++)
		if (pg->prepared[i] == path)
			return ERR_OK;
	if (pg->prepared_count == PG_PREPARED_MAX)
		return fault_set(f, ERR_FULL, 0, "more than %d statements", PG_PREPARED_MAX);
	PGresult *r = PQprepare(pg->conn, path, text, 0, NULL);
	enum err err = ERR_OK;
	if (PQresultStatus(r) == PGRES_COMMAND_OK)
		pg->prepared[pg->prepared_count++] = path;
	else
		err = pg_fault(pg->conn, r, path, f);
	PQclear(r);
	return err;
}

enum err pg_prepare(struct pg *pg, const char *name, struct fault *f)
{
	const char *path = NULL, *text = NULL;
	enum err err = pg_text_find("query", name, &path, &text, f);
	return err == ERR_OK ? prepare(pg, path, text, f) : err;
}

static enum err run(struct pg *pg, const char *name, const struct pg_value *values, size_t count,
		    int form, PGresult **out, struct fault *f)
{
	const char *path = NULL, *text = NULL;
	struct params p = { 0 };
	assert(count <= PG_PARAMS_MAX);
	enum err err = pg_text_find("query", name, &path, &text, f);
	if (err == ERR_OK)
		err = prepare(pg, path, text, f);
	for (size_t i = 0; err == ERR_OK && i < count; i++)
		err = param_set(&p, i, &values[i], f);
	if (err == ERR_OK) {
		PGresult *r =
			PQexecPrepared(pg->conn, path, (int)count, p.value, p.len, p.format, form);
		ExecStatusType status = PQresultStatus(r);
		if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
			*out = r;
		} else {
			err = pg_fault(pg->conn, r, name, f);
			PQclear(r);
		}
	}
	params_wipe(&p);
	return err;
}

enum err pg_run(struct pg *pg, const char *name, const struct pg_value *values, size_t count,
		uint64_t *changed, struct fault *f)
{
	PGresult *r = NULL;
	enum err err = run(pg, name, values, count, 0, &r, f);
	if (err == ERR_OK && changed != NULL)
		*changed = strtoull(PQcmdTuples(r), NULL, 10);
	PQclear(r);
	return err;
}

static enum err query(struct pg *pg, const char *name, const struct pg_value *values, size_t count,
		      int form, struct pg_rows **out, struct fault *f)
{
	PGresult *r = NULL;
	enum err err = run(pg, name, values, count, form, &r, f);
	if (err != ERR_OK)
		return err;
	*out = pg_rows_of(r);
	return *out != NULL ? ERR_OK : fault_set(f, ERR_MEMORY, 0, "no memory for rows");
}

enum err pg_query(struct pg *pg, const char *name, const struct pg_value *values, size_t count,
		  struct pg_rows **out, struct fault *f)
{
	return query(pg, name, values, count, 0, out, f);
}

enum err pg_query_raw(struct pg *pg, const char *name, const struct pg_value *values, size_t count,
		      struct pg_rows **out, struct fault *f)
{
	return query(pg, name, values, count, 1, out, f);
}

// --- values ---

struct pg_value pg_null(void)
{
	return (struct pg_value){ .kind = PG_NULL };
}

struct pg_value pg_span(struct span text)
{
	if (text.at == NULL)
		return pg_null();
	return (struct pg_value){ .kind = PG_TEXT, .span = text };
}

struct pg_value pg_text(const char *text)
{
	return text == NULL ? pg_null() : pg_span(span_text(text));
}

struct pg_value pg_int(int64_t v)
{
	return (struct pg_value){ .kind = PG_INT, .i = v };
}

struct pg_value pg_real(double v)
{
	return (struct pg_value){ .kind = PG_REAL, .real = v };
}

struct pg_value pg_bool(bool v)
{
	return (struct pg_value){ .kind = PG_BOOL, .i = v };
}

struct pg_value pg_bytes(struct span bytes)
{
	if (bytes.at == NULL)
		return pg_null();
	return (struct pg_value){ .kind = PG_BYTES, .span = bytes };
}

struct pg_value pg_uuid(const uint8_t bytes[16])
{
	static const uint8_t none[16];
	if (bytes == NULL || memcmp(bytes, none, sizeof(none)) == 0)
		return pg_null();
	return (struct pg_value){ .kind = PG_UUID, .span = span_of(bytes, 16) };
}

struct pg_value pg_wall(struct wall t)
{
	return (struct pg_value){ .kind = t.ns == 0 ? PG_NULL : PG_WALL, .wall = t };
}

struct pg_value pg_addr(struct addr a)
{
	return (struct pg_value){ .kind = a.family == 0 ? PG_NULL : PG_ADDR, .addr = a };
}
