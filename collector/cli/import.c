// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/text.h"
#include "cli/verb.h"
#include "cli/verdict.h"
#include "sys/file.h"

#define FILE_LIMIT ((size_t)256 << 20)
#define PATH_SIZE  64
#define LIST_SIZE  (3 * 256) // every country of the world, with its semicolon
#define CODES      (26 * 26)

// Day of the campaign that the published tables report on: whose group membership applies.
#define CAMPAIGN "2015-10-06"

struct pairs_options {
	struct central central;
	char name[128], measured[16];
};

// clang-format off
static const struct conf_option options[] = {
	CENTRAL_PLACE,
	{ .name = "name", .kind = CONF_TEXT, .offset = offsetof(struct pairs_options, name), .size = 128,
	  .value = "NAME", .help = "name of the set; else the file's" },
	{ .name = "measured", .kind = CONF_TEXT, .offset = offsetof(struct pairs_options, measured), .size = 16,
	  .unset = CAMPAIGN, .value = "DATE", .help = "day whose group membership applies" },
	{ .name = NULL },
};
// clang-format on

struct pairs {
	struct csv csv;
	const char *file;
	struct pg *pg;
	int64_t id;
	size_t count;
	bool country[CODES];
};

static enum err bad(const struct pairs *p, struct fault *f, const char *what)
{
	return fault_set(f, ERR_USAGE, 0, "%s:%zu: %s", p->file, p->csv.line, what);
}

static enum err next_row(struct pairs *p, struct fault *f)
{
	enum err err = csv_next(&p->csv);
	if (err == ERR_FORMAT)
		return bad(p, f, "a quote is not closed, or not around the whole field");
	if (err == ERR_FULL)
		return bad(p, f, "too many fields, or a quoted field too long");
	if (err == ERR_OK && p->csv.count != 5)
		return bad(p, f, "wants five fields: a,b,path,side_a,side_b");
	return err;
}

static enum err read_heading(struct pairs *p, struct fault *f)
{
	static const char *const names[] = { "a", "b", "path", "side_a", "side_b" };
	enum err err = next_row(p, f);
	if (err == ERR_MISSING)
		return fault_set(f, ERR_USAGE, 0, "%s is empty", p->file);
	for (size_t i = 0; err == ERR_OK && i < COUNT(names); i++)
		if (!text_is(p->csv.field[i], names[i]))
			err = bad(p, f, "the heading wants a,b,path,side_a,side_b");
	return err;
}

static bool is_country(const struct pairs *p, struct span s)
{
	return s.len == 2 && s.at[0] >= 'A' && s.at[0] <= 'Z' && s.at[1] >= 'A' && s.at[1] <= 'Z' &&
	       p->country[(s.at[0] - 'A') * 26 + s.at[1] - 'A'];
}

static enum err check_list(const struct pairs *p, struct span list, struct fault *f)
{
	if (list.len == 0)
		return bad(p, f, "a side without countries: its own end counts");
	if (list.len >= LIST_SIZE)
		return bad(p, f, "a side with more countries than there are");
	while (list.at != NULL)
		if (!is_country(p, text_cut(&list, ';')))
			return bad(p, f, "countries are ISO 3166-1 alpha-2, parted by semicolons");
	return ERR_OK;
}

static enum err check_row(const struct pairs *p, struct fault *f)
{
	const struct span *v = p->csv.field;
	if (!is_country(p, v[0]) || !is_country(p, v[1]))
		return bad(p, f, "a and b are countries, ISO 3166-1 alpha-2");
	if (v[2].len == 0 || v[2].len >= PATH_SIZE)
		return bad(p, f, "path is network, or the name of an app");
	enum err err = check_list(p, v[3], f);
	return err == ERR_OK ? check_list(p, v[4], f) : err;
}

// A pair has no direction: the end that sorts first becomes a.
static enum err put_row(struct pairs *p, struct fault *f)
{
	const struct span *v = p->csv.field;
	bool turned = memcmp(v[0].at, v[1].at, 2) > 0;
	enum err err = check_row(p, f);
	if (err != ERR_OK)
		return err;
	err = pg_run(p->pg, "import_pair_add",
		     PG_VALUES(pg_int(p->id), pg_span(v[turned ? 1 : 0]),
			       pg_span(v[turned ? 0 : 1]), pg_span(v[2]),
			       pg_span(v[turned ? 4 : 3]), pg_span(v[turned ? 3 : 4])),
		     NULL, f);
	p->count += err == ERR_OK;
	return err == ERR_EXISTS ? bad(p, f, "this pair and path were given above already") : err;
}

static enum err read_countries(struct pairs *p, struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	enum err err = pg_query(p->pg, "country_list", PG_NO_VALUES, &rows, f);
	for (size_t i = 0; err == ERR_OK && i < pg_rows_count(rows); i++) {
		const char *cc = pg_rows_text(rows, i, 0);
		p->country[(cc[0] - 'A') * 26 + cc[1] - 'A'] = true;
	}
	return err;
}

static enum err add_import(struct pairs *p, const char *name, const char *measured, struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	struct wall day;
	char text[32];
	snprintf(text, sizeof(text), "%sT00:00:00Z", measured);
	if (strlen(measured) != 10 || wall_read(span_text(text), &day) != ERR_OK)
		return fault_set(f, ERR_USAGE, 0, "--measured %s: a day, e.g. 2015-10-06",
				 measured);
	if (strcmp(name, "runs") == 0)
		return fault_set(f, ERR_USAGE, 0,
				 "the set `runs` is that of measured runs; give --name NAME");
	enum err err = pg_query(p->pg, "import_add", PG_VALUES(pg_text(name), pg_text(measured)),
				&rows, f);
	if (err == ERR_EXISTS)
		return fault_set(f, err, 0,
				 "there is a set %s already, and it stays as it is; give --name "
				 "NAME",
				 name);
	if (err == ERR_OK)
		p->id = pg_rows_int(rows, 0, 0);
	return err;
}

static enum err put_all(struct pairs *p, const struct pairs_options *o, struct fault *f)
{
	char name[128];
	const char *base = strrchr(p->file, '/');
	snprintf(name, sizeof(name), "%s",
		 o->name[0] != '\0' ? o->name
		 : base             ? base + 1
				    : p->file);
	if (o->name[0] == '\0' && strlen(name) > 4 && strcmp(name + strlen(name) - 4, ".csv") == 0)
		name[strlen(name) - 4] = '\0';
	enum err err = read_heading(p, f);
	if (err == ERR_OK)
		err = read_countries(p, f);
	if (err == ERR_OK)
		err = add_import(p, name, o->measured, f);
	while (err == ERR_OK && (err = next_row(p, f)) == ERR_OK)
		err = put_row(p, f);
	if (err == ERR_MISSING && p->count == 0)
		return fault_set(f, ERR_USAGE, 0, "%s has a heading and no rows", p->file);
	if (err == ERR_MISSING)
		err = pg_commit(p->pg, f);
	if (err == ERR_OK)
		fprintf(stderr, "waymark import: %zu paths in set %s, judged by the groups of %s\n",
			p->count, name, o->measured);
	return err;
}

static enum err import(const char *file, const struct pairs_options *o, struct fault *f)
{
	char *text = NULL;
	size_t len = 0;
	struct pairs *p = calloc(1, sizeof(*p));
	if (p == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory");
	p->file = file;
	enum err err = file_read(file, FILE_LIMIT, &text, &len, f);
	if (err == ERR_OK)
		err = central_open(&o->central, PG_JUDGE, &p->pg, f);
	if (err == ERR_OK)
		err = pg_begin(p->pg, f);
	csv_init(&p->csv, span_of(text, len));
	if (err == ERR_OK)
		err = put_all(p, o, f);
	pg_close(&p->pg); // and with it whatever was not committed
	free(p);
	free(text);
	return err;
}

static int import_pairs(int argc, char **argv)
{
	struct pairs_options o = { 0 };
	const char *word;
	struct fault f;
	const struct cli_usage usage = {
		.synopsis = "waymark import pairs FILE.csv [--name NAME] [--measured DATE]",
		.text = "Country paths that were measured elsewhere: CSV with the heading\n"
			"a,b,path,side_a,side_b; countries parted by semicolons; path is network "
			"or an app.\nAll of the file or nothing. Groups count with their members "
			"of --measured, which is\nthe day of the published campaign unless said.",
		.examples = "  waymark import pairs campaign.csv --name campaign-2015 --measured "
			    "2015-10-06\n",
	};
	enum err err = central_read(argc, argv, options, &usage, &o, &word, &f);
	if (err == ERR_OK && word != NULL)
		err = import(word, &o, &f);
	return central_end("waymark import pairs", err, &f);
}

static int import_list(int argc, char **argv)
{
	static const char *const headings[] = { "name",  "measured", "paths",
						"pairs", "imported", NULL };
	static const struct central_list list = { "waymark import list",
						  "waymark import list [--json | --csv]",
						  "import_list", headings };
	return central_list(argc, argv, &list);
}

static const struct verb verbs[] = {
	{ "pairs", import_pairs, "country paths of pairs, from CSV" },
	{ "flows", import_flows, "flows of a capture, from `waymark flows --json`" },
	{ "satellite", import_satellite, "a published scan of open resolvers" },
	{ "list", import_list, "the sets of pairs" },
	{ NULL, NULL, NULL },
};

int import_verb(int argc, char **argv)
{
	return verb_dispatch(verbs, "import", argc, argv);
}
