// SPDX-License-Identifier: Apache-2.0
#include "cli/route_print.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "base/wr.h"
#include "cli/json.h"

#define HEADLINE 1024

// --- the sentence --------------------------------------------------------------------------------

static size_t words(const char *text)
{
	size_t n = 0;
	for (struct span rest = span_text(text != NULL ? text : ""); text_word(&rest).len > 0;)
		n++;
	return n;
}

static void put_countries(struct wr *w, const char *text)
{
	size_t n = words(text);
	wr_format(w, "%zu %s (%s)", n, n == 1 ? "country" : "countries", text != NULL ? text : "");
}

// Groups on the app's path that are not on the direct one.
static void put_groups(struct wr *w, const struct routes *r)
{
	size_t n = 0;
	for (size_t i = 0; i < pg_rows_count(r->groups); i++)
		if (pg_rows_bool(r->groups, i, 1) && !pg_rows_bool(r->groups, i, 2))
			wr_format(w, "%s%s", n++ == 0 ? " Newly able to see it: " : ", ",
				  pg_rows_text(r->groups, i, 0));
	wr_text(w, n > 0 ? "." : " No interest group is newly able to see it.");
}

static void headline(const struct routes *r, char out[static HEADLINE])
{
	struct wr w = wr_of(out, HEADLINE - 1);
	wr_format(&w, "A %s message between %s (%s) and %s (%s) ", r->app, r->a,
		  r->a_country != NULL ? r->a_country : "?", r->b,
		  r->b_country != NULL ? r->b_country : "?");
	if (r->application.count == 0) {
		wr_text(&w, "took a way that is not known: no server was found that carried it.");
	} else {
		wr_text(&w, "crosses ");
		put_countries(&w, r->app_countries);
		wr_text(&w, "; the direct path ");
		put_countries(&w, r->network_countries);
		wr_text(&w, ".");
		put_groups(&w, r);
	}
	out[w.len] = '\0';
}

// --- JSON ----------------------------------------------------------------------------------------

static void json_hop(struct json *j, const struct route_hop *h)
{
	json_object(j, NULL);
	if (h->ttl > 0)
		json_int(j, "ttl", h->ttl);
	else
		json_null(j, "ttl");
	json_addr(j, "addr", h->addr);
	json_text(j, "name", h->name);
	if (h->asn != NULL)
		json_number(j, "asn", h->asn);
	else
		json_null(j, "asn");
	json_text(j, "as_name", h->as_name);
	json_text(j, "country", h->country);
	json_real(j, "confidence", h->confidence, 2);
	json_real(j, "rtt_ms", h->rtt_ms, 3);
	json_text(j, "side", h->side == 0 ? NULL : h->side == 1 ? "1" : "2");
	json_end_object(j);
}

static void json_route(struct json *j, const char *key, const struct route *route)
{
	json_array(j, key);
	for (size_t i = 0; i < route->count; i++)
		json_hop(j, &route->hop[i]);
	json_end_array(j);
}

static void json_countries(struct json *j, const char *key, const char *text)
{
	struct span rest = span_text(text != NULL ? text : ""), word;
	json_array(j, key);
	while ((word = text_word(&rest)).len > 0)
		json_span(j, NULL, word);
	json_end_array(j);
}

static void json_groups(struct json *j, const struct routes *r)
{
	json_array(j, "groups");
	for (size_t i = 0; i < pg_rows_count(r->groups); i++) {
		json_object(j, NULL);
		json_text(j, "group", pg_rows_text(r->groups, i, 0));
		json_bool(j, "application", pg_rows_bool(r->groups, i, 1));
		json_bool(j, "network", pg_rows_bool(r->groups, i, 2));
		json_end_object(j);
	}
	json_end_array(j);
}

static void json_quality(struct json *j, const struct routes *r)
{
	json_array(j, "quality");
	for (size_t i = 0; i < pg_rows_count(r->quality); i++) {
		static const char *const keys[] = { "traces", "silent_hops", "unplaced_hops",
						    "not_reached" };
		json_object(j, NULL);
		json_text(j, "path", pg_rows_text(r->quality, i, 0));
		for (size_t k = 0; k < COUNT(keys); k++)
			json_int(j, keys[k], pg_rows_int(r->quality, i, k + 1));
		json_bool(j, "whole", pg_rows_bool(r->quality, i, 5));
		json_end_object(j);
	}
	json_end_array(j);
}

static void print_json(const struct routes *r, FILE *out)
{
	char sentence[HEADLINE];
	struct json j = json_of(out);
	headline(r, sentence);
	json_object(&j, NULL);
	json_text(&j, "a", r->a);
	json_text(&j, "b", r->b);
	json_text(&j, "app", r->app);
	json_text(&j, "run", r->run);
	json_text(&j, "started", r->started);
	json_text(&j, "a_country", r->a_country);
	json_text(&j, "b_country", r->b_country);
	json_addr(&j, "server_a", r->server_a);
	json_addr(&j, "server_b", r->server_b);
	json_text(&j, "headline", sentence);
	json_countries(&j, "application_countries", r->app_countries);
	json_countries(&j, "network_countries", r->network_countries);
	json_groups(&j, r);
	json_quality(&j, r);
	json_route(&j, "direct_ab", &r->direct_ab);
	json_route(&j, "direct_ba", &r->direct_ba);
	json_route(&j, "application", &r->application);
	json_end_object(&j);
}

// --- tables --------------------------------------------------------------------------------------

static void put_hop(struct grid *g, const struct routes *r, const struct route_hop *h, bool people)
{
	char addr[ADDR_TEXT];
	const char *gap = people ? "*" : NULL;
	addr_write(h->addr, addr);
	grid_put(g, h->side == r->side_a ? r->a : r->b);
	if (h->ttl > 0)
		grid_putf(g, "%d", h->ttl);
	else
		grid_put(g, NULL);
	grid_put(g, h->addr.family != 0 ? addr : gap);
	grid_put(g, h->name);
	if (people && h->asn != NULL)
		grid_putf(g, "AS%s %s", h->asn, h->as_name != NULL ? h->as_name : "");
	else
		grid_put(g, h->asn);
	if (!people)
		grid_put(g, h->as_name);
	grid_put(g, h->country != NULL || !people || h->addr.family == 0 ? h->country : "?");
	if (!people && !isnan(h->confidence))
		grid_putf(g, "%.2f", h->confidence);
	else if (!people)
		grid_put(g, NULL);
	if (!isnan(h->rtt_ms))
		grid_putf(g, people ? "%.1f" : "%.3f", h->rtt_ms);
	else
		grid_put(g, NULL);
}

static void print_route(const struct routes *r, const char *title, const struct route *route,
			FILE *out)
{
	static const char *const headings[] = { "from", "ttl",     "address", "name",
						"AS",   "country", "RTT ms",  NULL };
	fprintf(out, "\n%s\n", title);
	if (route->count == 0) {
		fputs(strcmp(r->a, r->b) == 0 ? "  both ends are the same node\n"
					      : "  not measured\n",
		      out);
		return;
	}
	AUTO(grid_free) struct grid *g = grid_new(headings);
	for (size_t i = 0; g != NULL && i < route->count; i++)
		put_hop(g, r, &route->hop[i], true);
	if (g != NULL)
		grid_print(g, GRID_TABLE, out);
}

static void print_people(const struct routes *r, FILE *out)
{
	char sentence[HEADLINE], title[512];
	headline(r, sentence);
	fprintf(out, "%s\nRun %s, %s\n", sentence, r->run, r->started);
	snprintf(title, sizeof(title), "Application path: %s to the server, then back to %s%s",
		 r->a, r->b,
		 r->one_side ? " (one side was not measured)"
			     : " (each side's way to the server; the ways from it are assumed "
			       "alike)");
	print_route(r, title, &r->application, out);
	snprintf(title, sizeof(title), "Direct path: %s to %s", r->a, r->b);
	print_route(r, title, &r->direct_ab, out);
	snprintf(title, sizeof(title), "Direct path: %s to %s", r->b, r->a);
	print_route(r, title, &r->direct_ba, out);
	for (size_t i = 0; i < pg_rows_count(r->quality); i++)
		if (!pg_rows_bool(r->quality, i, 5))
			fprintf(out,
				"\n%s path is not whole: %s silent hops, %s without a country, %s "
				"traces short of their end; it may cross more.\n",
				pg_rows_text(r->quality, i, 0), pg_rows_text(r->quality, i, 2),
				pg_rows_text(r->quality, i, 3), pg_rows_text(r->quality, i, 4));
}

static void put_csv(struct grid *g, const struct routes *r, const char *path,
		    const struct route *route)
{
	for (size_t i = 0; i < route->count; i++) {
		grid_put(g, path);
		put_hop(g, r, &route->hop[i], false);
	}
}

static void print_csv(const struct routes *r, FILE *out)
{
	static const char *const headings[] = { "path",       "from",   "ttl",     "addr",
						"name",       "asn",    "as_name", "country",
						"confidence", "rtt_ms", NULL };
	AUTO(grid_free) struct grid *g = grid_new(headings);
	if (g == NULL)
		return;
	put_csv(g, r, "application", &r->application);
	put_csv(g, r, "direct_ab", &r->direct_ab);
	put_csv(g, r, "direct_ba", &r->direct_ba);
	grid_print(g, GRID_CSV, out);
}

void route_print(const struct routes *r, enum grid_form form, FILE *out)
{
	switch (form) {
	case GRID_JSON:
		print_json(r, out);
		break;
	case GRID_CSV:
		print_csv(r, out);
		break;
	case GRID_TABLE:
		print_people(r, out);
		break;
	}
}
