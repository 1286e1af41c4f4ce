// SPDX-License-Identifier: Apache-2.0
#include "cli/exposure.h"

#include <stdlib.h>
#include <string.h>

#include "cli/verb.h"
#include "cli/verdict.h"

struct exposure_options {
	struct central central;
	char set[128];
	bool intervals, no_self, between;
	struct conf_list groups;
};

// clang-format off
#define EXPOSURE_OPTIONS                                                                           \
	CENTRAL_OPTIONS,                                                                           \
	{ .name = "set", .kind = CONF_TEXT, .offset = offsetof(struct exposure_options, set),      \
	  .size = 128, .value = "NAME",                                                            \
	  .help = "runs, or an imported set; else runs if there are any, or the latest import" },  \
	{ .name = "intervals", .kind = CONF_BOOL,                                                  \
	  .offset = offsetof(struct exposure_options, intervals),                                  \
	  .help = "add exact 95 % bounds (Clopper-Pearson)" },                                     \
	{ .name = "without-self", .kind = CONF_BOOL,                                               \
	  .offset = offsetof(struct exposure_options, no_self),                                    \
	  .help = "leave pairs of a node with itself out" },                                       \
	{ .name = "cross-region", .kind = CONF_BOOL,                                               \
	  .offset = offsetof(struct exposure_options, between),                                    \
	  .help = "add rows for pairs between regions: outside both is leaving" }
static const struct conf_option leaving_options[] = { EXPOSURE_OPTIONS, { .name = NULL } };
static const struct conf_option groups_options[] = {
	EXPOSURE_OPTIONS,
	{ .name = "group", .kind = CONF_LIST, .offset = offsetof(struct exposure_options, groups), .value = "NAME",
	  .help = "only this interest group; repeatable" },
	{ .name = NULL },
};
// clang-format on

// --- reading -------------------------------------------------------------------------------------

static size_t path_find(const struct exposure *e, const char *name)
{
	size_t i = 0;
	while (i < e->paths && strcmp(e->path[i], name) != 0)
		i++;
	return i;
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(a, b);
}

static enum err read_paths(struct exposure *e, const struct pg_rows *rows, struct fault *f)
{
	static const char *const standard[] = { "network", "textsecure", "threema", "wechat",
						"whatsapp" };
	for (e->paths = 0; e->paths < COUNT(standard); e->paths++)
		snprintf(e->path[e->paths], sizeof(e->path[0]), "%s", standard[e->paths]);
	for (size_t r = 0; r < pg_rows_count(rows); r++) {
		const char *name = pg_rows_text(rows, r, 3);
		if (path_find(e, name) < e->paths)
			continue;
		if (e->paths == EXPOSURE_PATHS)
			return fault_set(f, ERR_FULL, 0, "more than %d paths in one table",
					 EXPOSURE_PATHS);
		snprintf(e->path[e->paths++], sizeof(e->path[0]), "%s", name);
	}
	qsort(e->path[COUNT(standard)], e->paths - COUNT(standard), sizeof(e->path[0]),
	      compare_paths);
	return ERR_OK;
}

static struct exposure_row *row_of(struct exposure *e, const struct pg_rows *rows, size_t r)
{
	const char *region = pg_rows_text(rows, r, 0), *group = pg_rows_text(rows, r, 2);
	struct exposure_row *row = e->count > 0 ? &e->rows[e->count - 1] : NULL;
	if (row != NULL && strcmp(row->region, region) == 0 &&
	    strcmp(row->group, group != NULL ? group : "") == 0)
		return row;
	row = &e->rows[e->count++];
	snprintf(row->region, sizeof(row->region), "%s", region);
	snprintf(row->m49, sizeof(row->m49), "%s", pg_rows_text(rows, r, 1));
	snprintf(row->group, sizeof(row->group), "%s", group != NULL ? group : "");
	return row;
}

static uint32_t number(const struct pg_rows *rows, size_t r, size_t column)
{
	return (uint32_t)pg_rows_int(rows, r, column);
}

enum err exposure_read(struct exposure *e, const struct pg_rows *rows, struct fault *f)
{
	enum err err = read_paths(e, rows, f);
	if (err != ERR_OK)
		return err;
	e->rows = calloc(pg_rows_count(rows) + 1, sizeof(*e->rows));
	if (e->rows == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory for the table");
	for (size_t r = 0; r < pg_rows_count(rows); r++) {
		struct exposure_cell c = { .n = number(rows, r, 4),
					   .hit = number(rows, r, 5),
					   .unknown = number(rows, r, 6),
					   .self = number(rows, r, 7) };
		if (e->no_self) {
			c.n -= c.self;
			c.hit -= number(rows, r, 8);
			c.unknown -= number(rows, r, 9);
			c.self = 0;
		}
		if (c.n > 0)
			row_of(e, rows, r)->cell[path_find(e, pg_rows_text(rows, r, 3))] = c;
	}
	return ERR_OK;
}

void exposure_wipe(struct exposure *e)
{
	free(e->rows);
	e->rows = NULL;
}

// --- the verbs -----------------------------------------------------------------------------------

static enum err find_set(struct pg *pg, const char *wanted, struct exposure *e, struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	enum err err = pg_query(pg, "exposure_set",
				PG_VALUES(pg_text(wanted[0] != '\0' ? wanted : NULL)), &rows, f);
	if (err != ERR_OK)
		return err;
	if (pg_rows_count(rows) == 0 && wanted[0] != '\0')
		return fault_set(f, ERR_MISSING, 0,
				 "no set %s; `waymark import list` shows them, `runs` is that of "
				 "measured runs",
				 wanted);
	if (pg_rows_count(rows) == 0)
		return fault_set(f, ERR_MISSING, 0,
				 "nothing measured and nothing imported yet: `waymark run start`, "
				 "or `waymark import pairs`");
	snprintf(e->set, sizeof(e->set), "%s", pg_rows_text(rows, 0, 0));
	return ERR_OK;
}

// The groups as one text parted by commas; empty: those of the standard table.
static enum err join_groups(struct pg *pg, const struct conf_list *list, char *out, size_t cap,
			    struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	size_t len = 0;
	enum err err = pg_query(pg, "group_list", PG_NO_VALUES, &rows, f);
	out[0] = '\0';
	for (size_t i = 0; err == ERR_OK && i < list->count; i++) {
		size_t r = 0;
		while (r < pg_rows_count(rows) &&
		       strcmp(pg_rows_text(rows, r, 0), list->items[i]) != 0)
			r++;
		if (r == pg_rows_count(rows))
			return fault_set(f, ERR_MISSING, 0,
					 "no interest group %s; there are 5eyes, eu, china, russia "
					 "and what table ref.interest_group adds",
					 list->items[i]);
		len += (size_t)snprintf(out + len, cap - len, "%s%s", i > 0 ? "," : "",
					list->items[i]);
		if (len >= cap)
			return fault_set(f, ERR_USAGE, 0, "too many groups");
	}
	return err;
}

static enum err show(const struct exposure_options *o, struct exposure *e, struct fault *f)
{
	AUTO(pg_close) struct pg *pg = NULL;
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	char groups[1024];
	enum err err = verdict_open(&o->central, &pg, f);
	if (err == ERR_OK)
		err = find_set(pg, o->set, e, f);
	if (err == ERR_OK && e->groups)
		err = join_groups(pg, &o->groups, groups, sizeof(groups), f);
	if (err == ERR_OK && e->groups)
		err = pg_query(pg, "exposure_groups",
			       PG_VALUES(pg_text(e->set), pg_bool(o->between),
					 pg_text(groups[0] != '\0' ? groups : NULL)),
			       &rows, f);
	else if (err == ERR_OK)
		err = pg_query(pg, "exposure_leaving",
			       PG_VALUES(pg_text(e->set), pg_bool(o->between)), &rows, f);
	if (err == ERR_OK)
		err = exposure_read(e, rows, f);
	if (err == ERR_OK)
		exposure_print(e, central_form(&o->central), stdout);
	return err;
}

static int exposure(int argc, char **argv, bool groups)
{
	struct exposure_options o = { 0 };
	struct cli cli = { 0 };
	struct fault f;
	const struct conf_option *options = groups ? groups_options : leaving_options;
	const struct cli_usage usage = {
		.synopsis = groups ? "waymark exposure groups [--group NAME …] [option …]"
				   : "waymark exposure leaving [option …]",
		.text = groups ? "Whose territory messages cross: pairs of nodes whose path "
				 "touches a member of the\ninterest group, beside the direct path."
			       : "Which messages leave their region: pairs of nodes in one region "
				 "whose path has a\ncountry outside it, beside the direct path.",
		.examples = groups ? "  waymark exposure groups --group 5eyes --group eu\n"
				   : "  waymark exposure leaving --without-self --intervals\n",
	};
	enum err err = cli_read(argc, argv, options, &usage, &o, &cli, &f);
	struct exposure e = { .groups = groups, .intervals = o.intervals, .no_self = o.no_self };
	if (err == ERR_OK && !cli.helped)
		err = central_words(&cli, 0, 0, usage.synopsis, &f);
	if (err == ERR_OK && !cli.helped)
		err = show(&o, &e, &f);
	exposure_wipe(&e);
	conf_wipe(options, &o);
	return central_end("waymark exposure", err, &f);
}

static int leaving(int argc, char **argv)
{
	return exposure(argc, argv, false);
}

static int groups(int argc, char **argv)
{
	return exposure(argc, argv, true);
}

static const struct verb verbs[] = {
	{ "leaving", leaving, "traffic that leaves its region" },
	{ "groups", groups, "traffic that interest groups can see" },
	{ NULL, NULL, NULL },
};

int exposure_verb(int argc, char **argv)
{
	return verb_dispatch(verbs, "exposure", argc, argv);
}
