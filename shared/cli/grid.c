// SPDX-License-Identifier: Apache-2.0
#include "cli/grid.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/json.h"

struct grid {
	const char *const *headings;
	size_t columns, count, cap;
	char **cells; // owned; NULL is absent
};

struct grid *grid_new(const char *const *headings)
{
	struct grid *g = calloc(1, sizeof(*g));
	if (g == NULL)
		return NULL;
	g->headings = headings;
	while (headings[g->columns] != NULL)
		g->columns++;
	return g;
}

void grid_free(struct grid **g)
{
	if (*g == NULL)
		return;
	for (size_t i = 0; i < (*g)->count; i++)
		free((*g)->cells[i]);
	free((*g)->cells);
	free(*g);
	*g = NULL;
}

void grid_put(struct grid *g, const char *text)
{
	if (g->count == g->cap) {
		size_t cap = g->cap == 0 ? 64 : 2 * g->cap;
		char **cells = reallocarray(g->cells, cap, sizeof(*cells));
		assert(cells != NULL);
		g->cells = cells;
		g->cap = cap;
	}
	g->cells[g->count++] = text != NULL ? strdup(text) : NULL;
}

void grid_putf(struct grid *g, const char *format, ...)
{
	char text[1024];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	grid_put(g, text);
}

// Columns on screen: UTF-8 bytes that start a character.
static size_t width(const char *text)
{
	size_t n = 0;
	for (; *text != '\0'; text++)
		n += ((uint8_t)*text & 0xc0) != 0x80;
	return n;
}

// A JSON number: no leading zeros, so that "007" stays a text.
static bool numeric(const char *text)
{
	double v;
	const char *digit = *text == '-' ? text + 1 : text;
	bool zeros = digit[0] == '0' && digit[1] >= '0' && digit[1] <= '9';
	size_t len = strlen(text);
	return *digit >= '0' && *digit <= '9' && !zeros && text[len - 1] != '.' &&
	       text_f64(span_text(text), -1e300, 1e300, &v) == ERR_OK;
}

static const char *cell(const struct grid *g, size_t row, size_t column)
{
	size_t i = row * g->columns + column;
	return i < g->count ? g->cells[i] : NULL;
}

static size_t rows(const struct grid *g)
{
	return g->columns == 0 ? 0 : (g->count + g->columns - 1) / g->columns;
}

static void pad(FILE *out, size_t n)
{
	while (n-- > 0)
		fputc(' ', out);
}

static bool right_aligned(const struct grid *g, size_t column)
{
	bool any = false;
	for (size_t r = 0; r < rows(g); r++) {
		const char *text = cell(g, r, column);
		if (text == NULL || *text == '\0')
			continue;
		size_t len = strlen(text);
		char bare[64];
		// "72%" and "1.5 ms" read as numbers too.
		if (len >= sizeof(bare))
			return false;
		snprintf(bare, sizeof(bare), "%s", text);
		if (bare[len - 1] == '%')
			bare[len - 1] = '\0';
		if (!numeric(bare) && strcmp(bare, "*") != 0 && strcmp(bare, "-") != 0)
			return false;
		any = true;
	}
	return any;
}

static void print_cell(FILE *out, const char *text, size_t wide, bool right, bool last)
{
	size_t blank = wide - width(text);
	if (right)
		pad(out, blank);
	fputs(text, out);
	if (!right && !last)
		pad(out, blank);
	fputs(last ? "\n" : "  ", out);
}

static void print_table(const struct grid *g, FILE *out)
{
	size_t *wide = calloc(g->columns, sizeof(*wide));
	bool *right = calloc(g->columns, sizeof(*right));
	assert(wide != NULL && right != NULL);
	for (size_t c = 0; c < g->columns; c++) {
		wide[c] = width(g->headings[c]);
		right[c] = right_aligned(g, c);
		for (size_t r = 0; r < rows(g); r++) {
			const char *text = cell(g, r, c);
			size_t w = text != NULL ? width(text) : 0;
			wide[c] = w > wide[c] ? w : wide[c];
		}
	}
	for (size_t c = 0; c < g->columns; c++)
		print_cell(out, g->headings[c], wide[c], right[c], c + 1 == g->columns);
	for (size_t r = 0; r < rows(g); r++) {
		for (size_t c = 0; c < g->columns; c++) {
			const char *text = cell(g, r, c);
			print_cell(out, text != NULL ? text : "", wide[c], right[c],
				   c + 1 == g->columns);
		}
	}
	free(wide);
	free(right);
}

static void csv_field(const char *text, FILE *out)
{
	if (strpbrk(text, ",\"\r\n") == NULL) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

static void print_csv(const struct grid *g, FILE *out)
{
	for (size_t c = 0; c < g->columns; c++) {
		csv_field(g->headings[c], out);
		fputc(c + 1 == g->columns ? '\n' : ',', out);
	}
	for (size_t r = 0; r < rows(g); r++) {
		for (size_t c = 0; c < g->columns; c++) {
			const char *text = cell(g, r, c);
			csv_field(text != NULL ? text : "", out);
			fputc(c + 1 == g->columns ? '\n' : ',', out);
		}
	}
}

static void print_json(const struct grid *g, FILE *out)
{
	for (size_t r = 0; r < rows(g); r++) {
		struct json j = json_of(out);
		json_object(&j, NULL);
		for (size_t c = 0; c < g->columns; c++) {
			const char *text = cell(g, r, c);
			double v;
			if (text == NULL)
				json_null(&j, g->headings[c]);
			else if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
				json_bool(&j, g->headings[c], *text == 't');
			else if (numeric(text) &&
				 text_f64(span_text(text), -1e300, 1e300, &v) == ERR_OK) {
				const char *dot = strchr(text, '.');
				json_real(&j, g->headings[c], v,
					  dot != NULL ? (int)strlen(dot + 1) : 0);
			} else
				json_text(&j, g->headings[c], text);
		}
		json_end_object(&j);
	}
}

void grid_print(const struct grid *g, enum grid_form form, FILE *out)
{
	switch (form) {
	case GRID_TABLE:
		print_table(g, out);
		break;
	case GRID_CSV:
		print_csv(g, out);
		break;
	case GRID_JSON:
		print_json(g, out);
		break;
	}
}
