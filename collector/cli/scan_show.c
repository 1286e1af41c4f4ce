// SPDX-License-Identifier: Apache-2.0
//
// `waymark scan show`: how the orders of one scan stand and what has come of it.
#include <stdio.h>

#include "cli/scan.h"

static const char *const order_headings[] = { "order", "node", "serial", "state", "detail", NULL };
static const char *const count_headings[] = { "record", "state", "count", NULL };

static void json_rows(struct json *j, const char *key, const struct pg_rows *rows,
		      const char *const *headings)
{
	json_array(j, key);
	for (size_t r = 0; r < pg_rows_count(rows); r++) {
		json_object(j, NULL);
		for (size_t c = 0; headings[c] != NULL; c++)
			if (c == 2)
				json_int(j, headings[c], pg_rows_int(rows, r, c));
			else
				json_text(j, headings[c], pg_rows_text(rows, r, c));
		json_end_object(j);
	}
	json_end_array(j);
}

static void print(const struct central *c, const struct pg_rows *scan, const struct pg_rows *orders,
		  const struct pg_rows *counts)
{
	if (!c->json) {
		printf("scan %s \"%s\", number %s\n\norders\n", pg_rows_text(scan, 0, 0),
		       pg_rows_text(scan, 0, 2), pg_rows_text(scan, 0, 1));
		central_print(c, orders, order_headings);
		printf("\nrecords\n");
		central_print(c, counts, count_headings);
		return;
	}
	struct json j = json_of(stdout);
	json_object(&j, NULL);
	json_text(&j, "scan", pg_rows_text(scan, 0, 0));
	json_int(&j, "serial", pg_rows_int(scan, 0, 1));
	json_text(&j, "name", pg_rows_text(scan, 0, 2));
	json_rows(&j, "orders", orders, order_headings);
	json_rows(&j, "records", counts, count_headings);
	json_end_object(&j);
}

static enum err show(const struct central *c, const char *which, struct fault *f)
{
	AUTO(pg_close) struct pg *pg = NULL;
	AUTO(pg_rows_free) struct pg_rows *scan = NULL, *orders = NULL, *counts = NULL;
	enum err err = central_open(c, PG_OWNER, &pg, f);
	if (err == ERR_OK)
		err = pg_query(pg, "scan_find", PG_VALUES(pg_text(which)), &scan, f);
	if (err == ERR_OK && pg_rows_count(scan) == 0)
		err = fault_set(f, ERR_MISSING, 0, "no scan %s", which);
	if (err == ERR_OK)
		err = pg_query(pg, "scan_orders", PG_VALUES(pg_text(pg_rows_text(scan, 0, 0))),
			       &orders, f);
	if (err == ERR_OK)
		err = pg_query(pg, "scan_counts", PG_VALUES(pg_text(pg_rows_text(scan, 0, 0))),
			       &counts, f);
	if (err == ERR_OK)
		print(c, scan, orders, counts);
	return err;
}

int scan_show(int argc, char **argv)
{
	static const struct conf_option options[] = { CENTRAL_OPTIONS, { .name = NULL } };
	struct central c = { 0 };
	struct cli cli = { 0 };
	struct fault f;
	const struct cli_usage usage = {
		.synopsis = "waymark scan show SCAN [option …]",
		.text = "How the orders of a scan stand, and how much of each kind has come; when "
			"it is "
			"judged, a pair\nthat was asked again counts once.",
	};
	enum err err = cli_read(argc, argv, options, &usage, &c, &cli, &f);
	if (err == ERR_OK && cli.helped)
		return 0;
	if (err == ERR_OK)
		err = central_words(&cli, 1, 1, usage.synopsis, &f);
	if (err == ERR_OK)
		err = show(&c, cli.words[0], &f);
	conf_wipe(options, &c);
	return central_end("waymark scan show", err, &f);
}
