// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "base/wr.h"
#include "cli/exposure.h"
#include "cli/json.h"
#include "correlate/share.h"

#define HEADINGS (4 + 5 * EXPOSURE_PATHS)
#define NETWORK  0 // its column

// Headings made as we go; the cells that follow are put in the same order.
struct head {
	const char *at[HEADINGS + 1];
	char text[HEADINGS][EXPOSURE_TEXT];
	size_t count;
};

static void head_put(struct head *h, const char *path, const char *what)
{
	snprintf(h->text[h->count], EXPOSURE_TEXT, "%s%s", path, what);
	h->at[h->count] = h->text[h->count];
	h->at[++h->count] = NULL;
}

static const struct exposure_cell *cell(const struct exposure *e, size_t row, size_t path)
{
	return &e->rows[row].cell[path];
}

// Pairs of the row: every run measures the network too, an import may not.
static uint32_t pairs(const struct exposure *e, size_t row)
{
	uint32_t most = 0;
	for (size_t p = 0; p < e->paths; p++)
		most = cell(e, row, p)->n > most ? cell(e, row, p)->n : most;
	return most;
}

static void put_count(struct grid *g, const struct exposure_cell *c)
{
	if (c->n > 0)
		grid_putf(g, "%u", c->hit);
	else
		grid_put(g, NULL);
}

static void put_percent(struct grid *g, const struct exposure_cell *c)
{
	if (c->n > 0)
		grid_putf(g, "%u", share_percent(c->hit, c->n));
	else
		grid_put(g, NULL);
}

static void put_bounds(struct grid *g, const struct exposure_cell *c)
{
	double low, high;
	share_interval(c->hit, c->n, &low, &high);
	for (int i = 0; i < 2; i++)
		if (c->n > 0)
			grid_putf(g, "%.1f", 100 * (i == 0 ? low : high));
		else
			grid_put(g, NULL);
}

// --- CSV: the columns of the published tables ----------------------------------------------------

static void head_leaving(const struct exposure *e, struct head *h)
{
	head_put(h, "", "n_measurements");
	head_put(h, e->path[NETWORK], "_leaving_n");
	for (size_t p = 0; p < e->paths; p++)
		head_put(h, e->path[p], "_leaving_pct");
	for (size_t p = 1; p < e->paths; p++)
		head_put(h, e->path[p], "_leaving_n_derived");
}

static void row_leaving(const struct exposure *e, size_t row, struct grid *g)
{
	put_count(g, cell(e, row, NETWORK));
	for (size_t p = 0; p < e->paths; p++)
		put_percent(g, cell(e, row, p));
	for (size_t p = 1; p < e->paths; p++)
		put_count(g, cell(e, row, p));
}

static void head_groups(const struct exposure *e, struct head *h)
{
	head_put(h, "", "interest_group");
	head_put(h, "", "n_total");
	for (size_t p = 0; p < e->paths; p++) {
		head_put(h, e->path[p], "_n");
		head_put(h, e->path[p], "_pct");
	}
}

static void row_groups(const struct exposure *e, size_t row, struct grid *g)
{
	for (size_t p = 0; p < e->paths; p++) {
		put_count(g, cell(e, row, p));
		put_percent(g, cell(e, row, p));
	}
}

static void print_csv(const struct exposure *e, struct head *h, FILE *out)
{
	head_put(h, "", "region");
	head_put(h, "", "un_m49");
	(e->groups ? head_groups : head_leaving)(e, h);
	for (size_t p = 0; e->intervals && p < e->paths; p++) {
		head_put(h, e->path[p], e->groups ? "_low_pct" : "_leaving_low_pct");
		head_put(h, e->path[p], e->groups ? "_high_pct" : "_leaving_high_pct");
	}
	AUTO(grid_free) struct grid *g = grid_new(h->at);
	for (size_t r = 0; g != NULL && r < e->count; r++) {
		grid_put(g, e->rows[r].region);
		grid_put(g, e->rows[r].m49);
		if (e->groups)
			grid_put(g, e->rows[r].group);
		grid_putf(g, "%u", pairs(e, r));
		(e->groups ? row_groups : row_leaving)(e, r, g);
		for (size_t p = 0; e->intervals && p < e->paths; p++)
			put_bounds(g, cell(e, r, p));
	}
	if (g != NULL)
		grid_print(g, GRID_CSV, out);
}

// --- JSON: a line per row and path, with everything that is known --------------------------------

static void json_cell(const struct exposure *e, size_t r, size_t p, FILE *out)
{
	const struct exposure_row *row = &e->rows[r];
	const struct exposure_cell *c = cell(e, r, p);
	struct json j = json_of(out);
	double low, high;
	json_object(&j, NULL);
	json_text(&j, "set", e->set);
	json_text(&j, "region", row->region);
	json_text(&j, "un_m49", row->m49);
	if (e->groups)
		json_text(&j, "interest_group", row->group);
	json_text(&j, "path", e->path[p]);
	json_int(&j, "n", c->n);
	json_int(&j, e->groups ? "accessible" : "leaving", c->hit);
	json_int(&j, "pct", share_percent(c->hit, c->n));
	json_int(&j, "unknown", c->unknown);
	json_int(&j, "self_n", c->self);
	if (e->intervals) {
		share_interval(c->hit, c->n, &low, &high);
		json_real(&j, "low_pct", 100 * low, 1);
		json_real(&j, "high_pct", 100 * high, 1);
	}
	json_end_object(&j);
}

static void print_json(const struct exposure *e, FILE *out)
{
	for (size_t r = 0; r < e->count; r++)
		for (size_t p = 0; p < e->paths; p++)
			if (cell(e, r, p)->n > 0)
				json_cell(e, r, p, out);
}

// --- the table for people ------------------------------------------------------------------------

// More or less than on the direct path: ▲ ▼.
static const char *mark(const struct exposure *e, size_t row, size_t path)
{
	const struct exposure_cell *net = cell(e, row, NETWORK), *c = cell(e, row, path);
	if (path == NETWORK || net->n == 0)
		return " ";
	uint64_t app = (uint64_t)c->hit * net->n, direct = (uint64_t)net->hit * c->n;
	return app > direct ? "▲" : app < direct ? "▼" : " ";
}

static void put_cell(const struct exposure *e, size_t row, size_t path, struct grid *g)
{
	const struct exposure_cell *c = cell(e, row, path);
	char text[96];
	struct wr w = wr_of(text, sizeof(text));
	double low, high;
	if (c->n == 0) {
		grid_put(g, "-");
		return;
	}
	wr_format(&w, "%3u%%  %3u of %-3u %s", share_percent(c->hit, c->n), c->hit, c->n,
		  mark(e, row, path));
	if (e->intervals) {
		share_interval(c->hit, c->n, &low, &high);
		wr_format(&w, " [%.0f, %.0f]", 100 * low, 100 * high);
	}
	grid_putf(g, "%.*s", (int)w.len, text);
}

// What the figures do not show: self pairs among them, and gaps.
static void print_notes(const struct exposure *e, FILE *out)
{
	fprintf(out, "\nSet %s. A row counts pairs with both ends in the region (rows are nested)",
		e->set);
	fputs(e->no_self ? ", self pairs left out" : ", self pairs included", out);
	fputs(".\n▲ ▼ more, less than on the direct (network) path.\n", out);
	if (!e->no_self) {
		fputs("Self pairs:", out);
		for (size_t r = 0; r < e->count; r++)
			if (r == 0 || strcmp(e->rows[r].region, e->rows[r - 1].region) != 0)
				fprintf(out, " %s %u,", e->rows[r].region,
					cell(e, r, NETWORK)->self);
		fputs(" by the network column.\n", out);
	}
	if (strcmp(e->set, "runs") != 0) {
		fputs("Imported paths do not tell of gaps: every figure is a lower bound.\n", out);
		return;
	}
	fprintf(out, "Unknown because of gaps (not seen to %s, and the path is not whole):",
		e->groups ? "cross the group" : "leave");
	bool any = false;
	for (size_t r = 0; r < e->count; r++)
		for (size_t p = 0; p < e->paths; p++)
			if (cell(e, r, p)->unknown > 0) {
				fprintf(out, "%s\n  %s%s%s, %s: %u of %u", any ? ";" : "",
					e->rows[r].region, e->groups ? " / " : "", e->rows[r].group,
					e->path[p], cell(e, r, p)->unknown, cell(e, r, p)->n);
				any = true;
			}
	fputs(any ? ".\n" : " none.\n", out);
}

static void print_table(const struct exposure *e, struct head *h, FILE *out)
{
	head_put(h, "", "region");
	if (e->groups)
		head_put(h, "", "seen by");
	head_put(h, "", "pairs");
	for (size_t p = 0; p < e->paths; p++)
		head_put(h, e->path[p], "");
	AUTO(grid_free) struct grid *g = grid_new(h->at);
	for (size_t r = 0; g != NULL && r < e->count; r++) {
		grid_put(g, e->rows[r].region);
		if (e->groups)
			grid_put(g, e->rows[r].group);
		grid_putf(g, "%u", pairs(e, r));
		for (size_t p = 0; p < e->paths; p++)
			put_cell(e, r, p, g);
	}
	fputs(e->groups ? "Traffic accessible to interest groups\n\n"
			: "Traffic leaving its region\n\n",
	      out);
	if (g != NULL)
		grid_print(g, GRID_TABLE, out);
	print_notes(e, out);
}

void exposure_print(const struct exposure *e, enum grid_form form, FILE *out)
{
	struct head *h = calloc(1, sizeof(*h));
	if (h == NULL)
		return;
	switch (form) {
	case GRID_CSV:
		print_csv(e, h, out);
		break;
	case GRID_JSON:
		print_json(e, out);
		break;
	case GRID_TABLE:
		print_table(e, h, out);
		break;
	}
	free(h);
}
