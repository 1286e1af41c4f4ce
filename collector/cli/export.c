// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/export_rows.h"
#include "cli/verb.h"
#include "cli/verdict.h"
#include "satellite/satellite.h"
#include "sys/file.h"

#define PATH_SIZE 4096
#define COUNTRY   16

struct export_options {
	struct central central;
	char format[16];
};

// clang-format off
static const struct conf_option options[] = {
	CENTRAL_PLACE,
	{ .name = "format", .kind = CONF_TEXT, .offset = offsetof(struct export_options, format), .size = 16,
	  .unset = "v2.2", .value = "FORMAT", .help = "v2.2-raw, v2.2 or v1" },
	{ .name = NULL },
};
// clang-format on

enum each { ONCE, PER_RESOLVER, PER_DOMAIN_NO, PER_DOMAIN_YES, PER_COUNTRY };

struct form {
	const char *format, *file, *statement;
	enum each
		each; // what the statement is asked for, one after the other; NO and YES is its $3
	bool answers; // not lines, but answers to the probe
};

// clang-format off
static const struct form forms[] = {
	{ "v2.2", "resolvers_raw.json", "export_resolvers_raw", ONCE, false },
	{ "v2.2", "resolvers.json", "export_v22_resolvers", ONCE, false },
	{ "v2.2", "results.json", "export_v22_results", PER_RESOLVER, false },
	{ "v2.2", "blockpages.json", "export_pages", PER_DOMAIN_NO, false },
	{ "v2.2", "control_pages.json", "export_pages", PER_DOMAIN_YES, false },
	{ "v2.2", "resolvers_profile.json", "export_profile", ONCE, false },
	{ "v2.2-raw", "%s.json", "export_raw", PER_COUNTRY, false },
	{ "v1", "resolvers_raw.json", "export_resolvers_raw", ONCE, false },
	{ "v1", "resolvers_ip.json", "export_v1_resolvers_ip", ONCE, true },
	{ "v1", "resolvers_err.json", "export_v1_resolvers_err", ONCE, false },
	{ "v1", "resolvers_ptr.json", "export_v1_resolvers_ptr", ONCE, false },
	{ "v1", "resolvers.json", "export_v1_resolvers", ONCE, false },
	{ "v1", "tagged_resolvers.json", "export_v1_tagged_resolvers", ONCE, false },
	{ "v1", "answers_control.json", "export_v1_controls", PER_RESOLVER, false },
	{ "v1", "answers.json", "export_v1_answers", PER_RESOLVER, false },
	{ "v1", "answers_raw.json", "export_v1_answers_raw", PER_RESOLVER, false },
	{ "v1", "answers_err.json", "export_v1_answers_err", PER_RESOLVER, false },
	{ "v1", "answers_ip.json", "export_v1_answers_ip", ONCE, false },
	{ "v1", "tagged_answers.json", "export_v1_tagged_answers", ONCE, false },
	{ "v1", "interference.json", "export_v1_interference", PER_RESOLVER, false },
	{ "v1", "interference_err.json", "export_v1_interference_err", PER_RESOLVER, false },
};
// clang-format on

struct exporting {
	struct pg *pg;
	uint8_t scan[16];
	char source[64]; // CP_Satellite-…
	char folder[PATH_SIZE];
	struct pg_rows *resolvers, *domains;
	struct export_file out;
	uint64_t lines;
};

static enum err open_file(struct exporting *x, const char *name, struct fault *f)
{
	char path[PATH_SIZE + 64];
	snprintf(path, sizeof(path), "%s/%s", x->folder, name);
	x->out = (struct export_file){ .to = fopen(path, "we") };
	return x->out.to == NULL ? fault_set(f, ERR_IO, errno, "cannot write %s", path) : ERR_OK;
}

static enum err close_file(struct exporting *x, enum err err, struct fault *f)
{
	if (x->out.to == NULL)
		return err;
	bool bad = ferror(x->out.to) != 0;
	bad |= fclose(x->out.to) != 0;
	x->out.to = NULL;
	x->lines += x->out.lines;
	return err == ERR_OK && bad ? fault_set(f, ERR_IO, errno, "cannot write in %s", x->folder)
				    : err;
}

static enum err write_one(struct exporting *x, const struct form *form, struct pg_value key,
			  struct pg_value more, struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	const struct pg_value values[] = { pg_uuid(x->scan), key, more };
	size_t count = form->each == ONCE ? 1 : form->each == PER_RESOLVER ? 2 : 3;
	enum err err = pg_query(x->pg, form->statement, values, count, &rows, f);
	if (err != ERR_OK)
		return err;
	return form->answers ? export_answers(&x->out, rows, f) : export_lines(&x->out, rows, f);
}

static enum err write_resolvers(struct exporting *x, const struct form *form, struct fault *f)
{
	enum err err = ERR_OK;
	for (size_t i = 0; err == ERR_OK && i < pg_rows_count(x->resolvers); i++)
		err = write_one(x, form, pg_addr(pg_rows_addr(x->resolvers, i, 0)), pg_null(), f);
	return err;
}

static enum err write_domains(struct exporting *x, const struct form *form, struct fault *f)
{
	enum err err = ERR_OK;
	for (size_t i = 0; err == ERR_OK && i < pg_rows_count(x->domains); i++)
		err = write_one(x, form, pg_text(pg_rows_text(x->domains, i, 0)),
				pg_bool(form->each == PER_DOMAIN_YES), f);
	return err;
}

// One file a country: its resolvers are gathered, since they come by address.
static enum err write_country(struct exporting *x, const struct form *form, const char *country,
			      struct fault *f)
{
	char name[COUNTRY + 8];
	snprintf(name, sizeof(name), "%.*s.json", COUNTRY, country);
	enum err err = open_file(x, name, f);
	for (size_t i = 0; err == ERR_OK && i < pg_rows_count(x->resolvers); i++)
		if (strcmp(pg_rows_text(x->resolvers, i, 1), country) == 0)
			err = write_one(x, form, pg_addr(pg_rows_addr(x->resolvers, i, 0)),
					pg_text(x->source), f);
	return close_file(x, err, f);
}

static enum err write_countries(struct exporting *x, const struct form *form, struct fault *f)
{
	enum err err = ERR_OK;
	for (size_t i = 0; err == ERR_OK && i < pg_rows_count(x->resolvers); i++) {
		const char *country = pg_rows_text(x->resolvers, i, 1);
		size_t j = 0;
		while (j < i && strcmp(pg_rows_text(x->resolvers, j, 1), country) != 0)
			j++;
		if (j == i)
			err = write_country(x, form, country, f);
	}
	return err;
}

static enum err write_form(struct exporting *x, const struct form *form, struct fault *f)
{
	if (form->each == PER_COUNTRY)
		return write_countries(x, form, f);
	enum err err = open_file(x, form->file, f);
	if (err == ERR_OK && form->each == ONCE)
		err = write_one(x, form, pg_null(), pg_null(), f);
	else if (err == ERR_OK && (form->each == PER_DOMAIN_NO || form->each == PER_DOMAIN_YES))
		err = write_domains(x, form, f);
	else if (err == ERR_OK)
		err = write_resolvers(x, form, f);
	return close_file(x, err, f);
}

// The probe of the discovery. Not told: no file.
static enum err write_packet(struct exporting *x, const char *control, struct fault *f)
{
	enum err err = open_file(x, "dns.pkt", f);
	if (err == ERR_OK)
		err = export_packet(&x->out, control, f);
	return close_file(x, err, f);
}

// Readers tell the form by the date in the folder's name, and take what is of March 2021 or later
// for v2: a later scan goes out as v1 under the year before.
static void name_folder(struct exporting *x, const char *format, struct wall started)
{
	time_t at = (time_t)(started.ns / NS_PER_S);
	struct tm tm;
	gmtime_r(&at, &tm);
	int day = (tm.tm_year + 1900) * 10000 + (tm.tm_mon + 1) * 100 + tm.tm_mday;
	if (strcmp(format, "v2.2") == 0 && day < 20210624) // by the times in the lines, too
		fprintf(stderr, "waymark export: readers take scans from before 2021-06-24 for an "
				"older form\n");
	if (strcmp(format, "v1") == 0 && day >= 20210301) {
		fprintf(stderr,
			"waymark export: readers take scans of %d for v2: the folder is named as "
			"of "
			"2020\n",
			tm.tm_year + 1900);
		tm.tm_year = 120;
	}
	strftime(x->source, sizeof(x->source), "CP_Satellite-%Y-%m-%d-%H-%M-%S", &tm);
}

static enum err find_scan(struct exporting *x, const char *format, const char *name,
			  const char *dir, struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	enum err err = pg_query(x->pg, "scan_find", PG_VALUES(pg_text(name)), &rows, f);
	if (err == ERR_OK && pg_rows_count(rows) == 0)
		err = fault_set(f, ERR_MISSING, 0, "no scan %s", name);
	if (err != ERR_OK)
		return err;
	pg_rows_uuid(rows, 0, 0, x->scan);
	name_folder(x, format, pg_rows_wall(rows, 0, 4));
	int len = snprintf(x->folder, sizeof(x->folder), "%s/%s", dir, x->source);
	if (len < 0 || (size_t)len >= sizeof(x->folder))
		return fault_set(f, ERR_USAGE, 0, "%s is too long a path", dir);
	err = dir_make(x->folder, 0755, f);
	if (err == ERR_OK && strcmp(format, "v2.2-raw") != 0 && !pg_rows_null(rows, 0, 5))
		err = write_packet(x, pg_rows_text(rows, 0, 5), f);
	if (err == ERR_OK)
		err = pg_query(x->pg, "export_resolvers", PG_VALUES(pg_uuid(x->scan)),
			       &x->resolvers, f);
	return err == ERR_OK ? pg_query(x->pg, "export_domains", PG_VALUES(pg_uuid(x->scan)),
					&x->domains, f)
			     : err;
}

static enum err tell(struct exporting *x, struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	enum err err = pg_query(x->pg, "export_counts", PG_VALUES(pg_uuid(x->scan)), &rows, f);
	if (err != ERR_OK)
		return err;
	printf("%s\n", x->folder);
	fprintf(stderr,
		"waymark export: %" PRIu64 " lines; %" PRId64 " pairs, and %" PRId64
		" for which the form has no place: never asked, asked again or without a "
		"resolver\n",
		x->lines, pg_rows_int(rows, 0, 0), pg_rows_int(rows, 0, 1));
	return ERR_OK;
}

static enum err export_scan(struct exporting *x, const char *format, const char *scan,
			    const char *dir, struct fault *f)
{
	size_t known = 0;
	for (size_t i = 0; i < COUNT(forms); i++)
		known += strcmp(forms[i].format, format) == 0;
	if (known == 0)
		return fault_set(f, ERR_USAGE, 0, "--format %s: v2.2-raw, v2.2 or v1", format);
	enum err err = pg_begin(x->pg, f);
	if (err == ERR_OK)
		err = find_scan(x, format, scan, dir, f);
	for (size_t i = 0; err == ERR_OK && i < COUNT(forms); i++)
		if (strcmp(forms[i].format, format) == 0)
			err = write_form(x, &forms[i], f);
	if (err == ERR_OK)
		err = tell(x, f);
	pg_rollback(x->pg);
	pg_rows_free(&x->resolvers);
	pg_rows_free(&x->domains);
	return err;
}

// What is known by now is judged first: an export is of verdicts too.
static enum err open_judged(const struct central *c, struct exporting *x, struct fault *f)
{
	struct correlate_counts counts = { 0 };
	struct place place;
	enum err err = verdict_open(c, &x->pg, f);
	if (err == ERR_OK)
		err = place_find(c->data, c->db, &place, f);
	if (err != ERR_OK)
		return err;
	struct fault told = { 0 };
	enum err judged = correlate_scans(x->pg, place.data, CORRELATE_KNOWN, &counts, &told);
	if (judged != ERR_OK)
		fprintf(stderr, "waymark export: verdicts are not up to date: %s\n", told.what);
	return judged == ERR_UNREACHABLE ? fault_set(f, judged, told.sys, "%s", told.what) : ERR_OK;
}

static int export_satellite(int argc, char **argv)
{
	struct export_options o = { 0 };
	struct exporting x = { 0 };
	struct cli cli = { 0 };
	struct fault f;
	const struct cli_usage usage = {
		.synopsis = "waymark export satellite [--format FORMAT] SCAN DIR",
		.text = "Writes a scan as Censored Planet publishes its own, into a folder "
			"CP_Satellite-DATE below DIR,\nwhose name goes to standard output: v2.2 "
			"and v1 with their files, v2.2-raw one file a country.\nReaders tell the "
			"form by the date: what is v1 and later than February 2021 goes into a "
			"folder of 2020.\nWhat is ours stands in an extra key; nothing else is "
			"added.",
	};
	enum err err = cli_read(argc, argv, options, &usage, &o, &cli, &f);
	if (err == ERR_OK && cli.helped)
		return 0;
	if (err == ERR_OK)
		err = central_words(&cli, 2, 2, usage.synopsis, &f);
	if (err == ERR_OK)
		err = open_judged(&o.central, &x, &f);
	if (err == ERR_OK)
		err = export_scan(&x, o.format, cli.words[0], cli.words[1], &f);
	pg_close(&x.pg);
	return central_end("waymark export satellite", err, &f);
}

static const struct verb verbs[] = {
	{ "satellite", export_satellite, "a scan as Censored Planet publishes its own" },
	{ NULL, NULL, NULL },
};

int export_verb(int argc, char **argv)
{
	return verb_dispatch(verbs, "export", argc, argv);
}
