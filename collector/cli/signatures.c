// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/text.h"
#include "cli/verb.h"
#include "cli/verdict.h"
#include "correlate/signature.h"
#include "sys/file.h"

#define FILE_LIMIT ((size_t)64 << 20)

struct load_options {
	struct central central;
	char name[128], licence[256], kind[32];
};

// clang-format off
static const struct conf_option options[] = {
	CENTRAL_PLACE,
	{ .name = "licence", .kind = CONF_TEXT, .offset = offsetof(struct load_options, licence), .size = 256,
	  .value = "TEXT", .help = "under which the set may be used; kept with it" },
	{ .name = "name", .kind = CONF_TEXT, .offset = offsetof(struct load_options, name), .size = 128,
	  .value = "NAME", .help = "name of the set; else the file's. One of that name is replaced" },
	{ .name = "kind", .kind = CONF_TEXT, .offset = offsetof(struct load_options, kind), .size = 32,
	  .value = "KIND", .help = "blockpage or false_positive; else by the file's name" },
	{ .name = NULL },
};
// clang-format on

struct loader {
	struct pg *pg;
	struct signatures *trial; // every pattern is compiled before it is stored
	const char *file;
	int64_t set;
	bool harmless; // the whole file is of false positives
	uint64_t count, passed_over;
};

struct found {
	size_t line;
	struct span name, scope, pattern, country;
	bool address;
};

static struct span scope_of(const struct loader *w, const struct found *s)
{
	static const char *const letters[][2] = { { "a_", "prod" }, { "b_", "nat" },
						  { "c_", "isp" },  { "d_", "corp" },
						  { "e_", "unk" },  { "f_", "gen" },
						  { "x_", "fp" } };
	static const char *const words[] = { "fp", "prod", "nat", "isp", "corp", "unk", "gen" };
	if (w->harmless)
		return span_text("fp");
	for (size_t i = 0; i < COUNT(words); i++)
		if (text_is(s->scope, words[i]))
			return s->scope;
	for (size_t i = 0; i < COUNT(letters); i++)
		if (s->name.len > 2 && memcmp(s->name.at, letters[i][0], 2) == 0)
			return span_text(letters[i][1]);
	return span_text("unk");
}

static enum err put(struct loader *w, const struct found *s, struct fault *f)
{
	struct fault why = { 0 };
	struct span scope = scope_of(w, s);
	const char *kind = s->address             ? "address"
			   : text_is(scope, "fp") ? "false_positive"
						  : "blockpage";
	enum err err = s->address ? ERR_OK : signatures_put(w->trial, 1, s->pattern, &why);
	if (err == ERR_FORMAT) {
		fprintf(stderr, "waymark signatures: %s:%zu: passed over: %s\n", w->file, s->line,
			why.what);
		w->passed_over++;
		return ERR_OK;
	}
	if (err != ERR_OK)
		return fault_set(f, err, why.sys, "%s", why.what);
	w->count++;
	return pg_run(w->pg, "signature_add",
		      PG_VALUES(pg_int(w->set), pg_int((int64_t)s->line), pg_span(s->name),
				pg_text(kind), pg_span(scope), pg_span(s->pattern),
				s->country.len > 0 ? pg_span(s->country) : pg_null()),
		      NULL, f);
}

// --- one JSON object a line: {"fingerprint": …, "pattern": …}
// ----------------------------------------

static enum err put_json(struct loader *w, struct span line, size_t number, struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	enum err err = pg_query(w->pg, "signature_json", PG_VALUES(pg_span(line)), &rows, f);
	if (err != ERR_OK)
		return err;
	if (pg_rows_null(rows, 0, 0) || pg_rows_null(rows, 0, 1)) {
		fprintf(stderr,
			"waymark signatures: %s:%zu: passed over: no fingerprint and pattern\n",
			w->file, number);
		w->passed_over++;
		return ERR_OK;
	}
	struct found s = { .line = number,
			   .name = span_text(pg_rows_text(rows, 0, 0)),
			   .pattern = span_text(pg_rows_text(rows, 0, 1)) };
	return put(w, &s, f);
}

static enum err read_json(struct loader *w, struct span text, struct fault *f)
{
	enum err err = ERR_OK;
	for (size_t number = 1; err == ERR_OK && text.at != NULL; number++) {
		struct span line = text_trim(text_cut(&text, '\n'));
		if (line.len > 0)
			err = put_json(w, line, number, f);
	}
	return err;
}

// --- CSV with a heading: name, scope, location_found, pattern_type, pattern, …
// -----------------------

enum { NAME, SCOPE, WHERE, TYPE, PATTERN, COUNTRIES, COLUMNS };

static enum err read_heading(const struct loader *w, struct csv *c, size_t column[static COLUMNS],
			     struct fault *f)
{
	static const char *const names[COLUMNS] = {
		"name", "scope", "location_found", "pattern_type", "pattern", "expected_countries"
	};
	enum err err = csv_next(c);
	for (size_t i = 0; err == ERR_OK && i < COLUMNS; i++) {
		column[i] = CSV_FIELDS;
		for (size_t j = 0; j < c->count; j++)
			if (text_is(c->field[j], names[i]))
				column[i] = j;
		if (column[i] == CSV_FIELDS)
			return fault_set(f, ERR_USAGE, 0, "%s: the heading lacks %s", w->file,
					 names[i]);
	}
	return err == ERR_OK ? err : fault_set(f, ERR_USAGE, 0, "%s: no heading", w->file);
}

// What the columns say as one pattern over the whole page.
static enum err write_pattern(struct span where, struct span type, struct span text, struct wr *w)
{
	bool regexp = text_is(type, "regexp"), body = text_is(where, "body");
	if (where.len > 7 && memcmp(where.at, "header.", 7) == 0) {
		wr_text(w, "(?i)\\r\\n");
		(void)!signature_quote(span_of(where.at + 7, where.len - 7), w);
		wr_text(w, ":[ \\t]*(?-i)");
		wr_text(w, text_is(type, "contains") || regexp ? "[^\\r\\n]*" : "");
	} else if (body && (text_is(type, "full") || text_is(type, "prefix"))) {
		wr_text(w, "\\r\\n\\r\\n");
	}
	if (regexp)
		wr_bytes(w, text);
	else
		(void)!signature_quote(text, w);
	if (text_is(type, "full"))
		wr_text(w, body ? "\\z" : "\\r\\n");
	return w->err;
}

static enum err put_csv(struct loader *w, const struct csv *c, const size_t column[static COLUMNS],
			struct fault *f)
{
	uint8_t pattern[SIGNATURE_PATTERN_MAX];
	struct wr p = wr_of(pattern, sizeof(pattern));
	struct found s = { .line = c->line };
	for (size_t i = 0; i < COLUMNS; i++)
		if (column[i] >= c->count)
			return fault_set(f, ERR_USAGE, 0, "%s:%zu: too few fields", w->file,
					 c->line);
	s.name = c->field[column[NAME]];
	s.scope = c->field[column[SCOPE]];
	s.country = c->field[column[COUNTRIES]];
	s.address = text_is(c->field[column[WHERE]], "dns");
	if (!s.address && write_pattern(c->field[column[WHERE]], c->field[column[TYPE]],
					c->field[column[PATTERN]], &p) != ERR_OK)
		p.len = 0; // too long: told as such
	s.pattern = s.address ? c->field[column[PATTERN]] : wr_span(&p);
	return put(w, &s, f);
}

static enum err read_csv(struct loader *w, struct span text, struct fault *f)
{
	size_t column[COLUMNS];
	struct csv *c = calloc(1, sizeof(*c));
	if (c == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory");
	csv_init(c, text);
	enum err err = read_heading(w, c, column, f);
	while (err == ERR_OK) {
		err = csv_next(c);
		if (err == ERR_FORMAT || err == ERR_FULL)
			err = fault_set(f, ERR_USAGE, 0, "%s:%zu: no CSV row", w->file, c->line);
		if (err == ERR_OK)
			err = put_csv(w, c, column, f);
	}
	free(c);
	return err == ERR_MISSING ? ERR_OK : err;
}

// --- the verbs
// ---------------------------------------------------------------------------------------

static enum err read_set(struct loader *w, const struct load_options *o, struct span text,
			 struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	const char *base = strrchr(w->file, '/');
	const char *name = o->name[0] != '\0' ? o->name : base != NULL ? base + 1 : w->file;
	w->harmless = o->kind[0] != '\0' ? strcmp(o->kind, "false_positive") == 0
					 : strstr(name, "false_positive") != NULL;
	enum err err = pg_begin(w->pg, f);
	if (err == ERR_OK)
		err = pg_query(w->pg, "signature_set_add",
			       PG_VALUES(pg_text(name), pg_text(o->licence), pg_bytes(text)), &rows,
			       f);
	if (err != ERR_OK)
		return err;
	w->set = pg_rows_int(rows, 0, 0);
	err = text.len > 0 && text.at[0] == '{' ? read_json(w, text, f) : read_csv(w, text, f);
	if (err == ERR_OK && w->count == 0)
		err = fault_set(f, ERR_USAGE, 0, "%s has no signatures; nothing stored", w->file);
	if (err == ERR_OK)
		err = pg_run(w->pg, "signature_set_end", PG_VALUES(pg_int(w->set)), NULL, f);
	if (err == ERR_OK)
		err = pg_commit(w->pg, f);
	if (err == ERR_OK)
		fprintf(stderr, "waymark signatures: %llu in set %s, %llu passed over\n",
			(unsigned long long)w->count, name, (unsigned long long)w->passed_over);
	return err;
}

static enum err load_set(struct loader *w, const struct load_options *o, struct fault *f)
{
	char *text = NULL;
	size_t len = 0;
	if (o->licence[0] == '\0')
		return fault_set(f, ERR_USAGE, 0,
				 "--licence TEXT: under which may the set be used?");
	if (o->kind[0] != '\0' && strcmp(o->kind, "blockpage") != 0 &&
	    strcmp(o->kind, "false_positive") != 0)
		return fault_set(f, ERR_USAGE, 0, "--kind %s: blockpage or false_positive",
				 o->kind);
	enum err err = file_read(w->file, FILE_LIMIT, &text, &len, f);
	w->trial = signatures_new();
	if (err == ERR_OK && w->trial == NULL)
		err = fault_set(f, ERR_MEMORY, 0, "no memory");
	if (err == ERR_OK)
		err = central_open(&o->central, PG_OWNER, &w->pg, f);
	if (err == ERR_OK)
		err = read_set(w, o, span_of(text, len), f);
	pg_close(&w->pg);
	signatures_free(&w->trial);
	free(text);
	return err;
}

static int signatures_load(int argc, char **argv)
{
	struct load_options o = { 0 };
	struct loader w = { 0 };
	struct cli cli = { 0 };
	struct fault f;
	const struct cli_usage usage = {
		.synopsis =
			"waymark signatures load FILE --licence TEXT [--name NAME] [--kind KIND]",
		.text = "Signatures of block pages: JSON lines {\"fingerprint\", \"pattern\"} or "
			"CSV with "
			"the "
			"heading\nname,scope,location_found,pattern_type,pattern,expected_"
			"countries. "
			"Patterns are PCRE; those\nthat cannot be compiled are told and passed "
			"over, and "
			"then the exit status is 3. All scans\nare judged again with the set.",
		.examples = "  waymark signatures load blockpage_signatures.json --licence "
			    "Apache-2.0\n",
	};
	enum err err = cli_read(argc, argv, options, &usage, &o, &cli, &f);
	if (err == ERR_OK && cli.helped)
		return 0;
	if (err == ERR_OK)
		err = central_words(&cli, 1, 1, usage.synopsis, &f);
	if (err == ERR_OK) {
		w.file = cli.words[0];
		err = load_set(&w, &o, &f);
	}
	return err == ERR_OK && w.passed_over > 0 ? 3
						  : central_end("waymark signatures load", err, &f);
}

static int signatures_list(int argc, char **argv)
{
	static const char *const headings[] = { "set",       "blockpages", "false positives",
						"addresses", "licence",    "loaded",
						NULL };
	static const struct central_list list = { "waymark signatures list",
						  "waymark signatures list [--json | --csv]",
						  "signature_list", headings };
	return central_list(argc, argv, &list);
}

static int signatures_remove(int argc, char **argv)
{
	static const struct central_change change = {
		.program = "waymark signatures remove",
		.synopsis = "waymark signatures remove NAME",
		.text = "Takes a set away. What was judged by it stays until scans are judged "
			"again.",
		.statement = "signature_remove",
		.words = 1,
		.missing = "no such set",
	};
	return central_change(argc, argv, &change);
}

static const struct verb verbs[] = {
	{ "load", signatures_load, "a set of signatures from a file" },
	{ "list", signatures_list, "the sets" },
	{ "remove", signatures_remove, "a set" },
	{ NULL, NULL, NULL },
};

int signatures_verb(int argc, char **argv)
{
	return verb_dispatch(verbs, "signatures", argc, argv);
}
