// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "cli/backends.h"

static const char *text(const struct pg_rows *rows, size_t row, size_t column)
{
	const char *t = pg_rows_text(rows, row, column);
	return t != NULL ? t : "";
}

// Does HIT belong to the server of ROW? Both begin with side, protocol, address, port.
static bool is_of(const struct pg_rows *hits, size_t hit, const struct pg_rows *rows, size_t row)
{
	for (size_t c = SERVER_SIDE; c <= SERVER_PORT; c++)
		if (strcmp(text(hits, hit, c), text(rows, row, c)) != 0)
			return false;
	return true;
}

static bool is_true(const struct pg_rows *rows, size_t row, size_t column)
{
	return text(rows, row, column)[0] == 't';
}

static void print_score(const struct pg_rows *rows, size_t r)
{
	bool name = text(rows, r, SERVER_BY_NAME)[0] == '1';
	bool known = name || text(rows, r, SERVER_BY_ADDR)[0] == '1';
	printf("  score     %s = 0.4 x time %s + 0.1 x both sides %s + 0.3 x %s %d + 0.2 x port "
	       "%s + 0.2 x isolation %s\n",
	       text(rows, r, SERVER_SCORE), text(rows, r, SERVER_BY_TIME),
	       text(rows, r, SERVER_BY_BOTH), name || !known ? "name" : "address", known,
	       text(rows, r, SERVER_BY_PORT), text(rows, r, SERVER_BY_ISOLATION));
}

static void print_hits(const struct pg_rows *rows, size_t r, const struct pg_rows *hits)
{
	bool known =
		text(rows, r, SERVER_BY_NAME)[0] == '1' || text(rows, r, SERVER_BY_ADDR)[0] == '1';
	bool some = text(rows, r, SERVER_MATCHED)[0] != '0';
	printf("  messages  %s beside a burst%s\n", text(rows, r, SERVER_MATCHED),
	       some && !known ? "; time counts what is more than chance gives" : "");
	for (size_t h = 0; h < pg_rows_count(hits); h++)
		if (is_of(hits, h, rows, r))
			printf("            %s %-8s %s  burst %s (%s s)%s\n", text(hits, h, HIT_AT),
			       text(hits, h, HIT_WHAT), text(hits, h, HIT_MESSAGE),
			       text(hits, h, HIT_BURST), text(hits, h, HIT_OFF),
			       is_true(hits, h, HIT_BOTH) ? ", the other side too" : "");
}

static void print_kind(const struct pg_rows *rows, size_t r, size_t runs, const char *kind)
{
	const char *seen = text(rows, r, runs), *all = text(rows, r, runs + 1);
	if (seen[0] != '\0')
		printf("  %-8s  seen in empty run %s (of %s)\n", kind, seen, all);
	else if (strcmp(all, "0") == 0)
		printf("  %-8s  there is no such empty run to compare with\n", kind);
	else
		printf("  %-8s  not seen in any of %s empty runs\n", kind, all);
}

// What the two kinds of empty run showed of it, and what was taken off for that.
static void print_empty(const struct pg_rows *rows, size_t r)
{
	print_kind(rows, r, SERVER_EMPTY_RUNS, "closed");
	print_kind(rows, r, SERVER_IDLE_RUNS, "idle");
	if (strcmp(text(rows, r, SERVER_QUIET), "0") != 0)
		printf("  taken off %s of its bytes, which the empty runs explain\n",
		       text(rows, r, SERVER_QUIET));
}

static void print_rest(const struct pg_rows *rows, size_t r)
{
	const char *names = text(rows, r, SERVER_NAMES), *sign = text(rows, r, SERVER_SIGN);
	printf("  names     %s\n", names[0] != '\0' ? names : "none");
	printf("  sign      %s\n", sign[0] != '\0' ? sign : "none");
	const char *isolated = text(rows, r, SERVER_ISOLATED);
	printf("  isolation %s\n", isolated[0] == '\0'  ? "the gateway does not tell"
				   : isolated[0] == 't' ? "the gateway let the app alone speak"
							: "others could speak too");
	printf("  volume    %s bytes, %.1f %% of this side's\n", text(rows, r, SERVER_BYTES),
	       pg_rows_real(rows, r, SERVER_BY_VOLUME) * 100);
	if (!is_true(rows, r, SERVER_ANSWERED))
		printf("  answers   none\n");
	if (text(rows, r, SERVER_OVERRIDE)[0] != '\0')
		printf("  override  %s: %s says %s (%s): %s; the rule said %s\n",
		       text(rows, r, SERVER_OVERRIDE), text(rows, r, SERVER_MADE_BY),
		       text(rows, r, SERVER_DECISION), text(rows, r, SERVER_MADE),
		       text(rows, r, SERVER_REASON), text(rows, r, SERVER_JUDGED));
}

void backends_print_why(const char *run, const struct pg_rows *rows, const struct pg_rows *hits)
{
	printf("run %s: %zu remote ends\n", run, pg_rows_count(rows));
	for (size_t r = 0; r < pg_rows_count(rows); r++) {
		const char *country = text(rows, r, SERVER_COUNTRY);
		printf("\nside %s  %s %s port %s  %s%s%s\n", text(rows, r, SERVER_SIDE),
		       text(rows, r, SERVER_PROTO), text(rows, r, SERVER_ADDR),
		       text(rows, r, SERVER_PORT), text(rows, r, SERVER_DECISION),
		       country[0] != '\0' ? "  " : "", country);
		printf("  clause    %s: %s (rule %s)\n", text(rows, r, SERVER_RULE),
		       text(rows, r, SERVER_SAYS), text(rows, r, SERVER_VERSION));
		print_score(rows, r);
		print_rest(rows, r);
		print_hits(rows, r, hits);
		print_empty(rows, r);
	}
}

// --- JSON ----------------------------------------------------------------------------------------

static void json_cell(struct json *j, const struct pg_rows *rows, size_t r, size_t c)
{
	static const bool numbers[SERVER_COLUMNS] = {
		[SERVER_SIDE] = true,         [SERVER_PORT] = true,       [SERVER_SCORE] = true,
		[SERVER_BY_TIME] = true,      [SERVER_BY_BOTH] = true,    [SERVER_BY_NAME] = true,
		[SERVER_BY_ADDR] = true,      [SERVER_BY_PORT] = true,    [SERVER_BYTES] = true,
		[SERVER_BY_VOLUME] = true,    [SERVER_VERSION] = true,    [SERVER_OVERRIDE] = true,
		[SERVER_EMPTY_COUNT] = true,  [SERVER_IDLE_COUNT] = true, [SERVER_QUIET] = true,
		[SERVER_BY_ISOLATION] = true,
	};
	bool flag = c == SERVER_IN_EMPTY || c == SERVER_ANSWERED || c == SERVER_ISOLATED ||
		    c == SERVER_IN_CLOSED || c == SERVER_IN_IDLE;
	const char *t = pg_rows_text(rows, r, c);
	if (t == NULL)
		json_null(j, backends_headings[c]);
	else if (flag)
		json_bool(j, backends_headings[c], t[0] == 't');
	else if (numbers[c])
		json_number(j, backends_headings[c], t);
	else
		json_text(j, backends_headings[c], t);
}

static void json_hit(struct json *j, const struct pg_rows *hits, size_t h)
{
	json_object(j, NULL);
	json_text(j, "message", text(hits, h, HIT_MESSAGE));
	json_text(j, "what", text(hits, h, HIT_WHAT));
	json_text(j, "at", text(hits, h, HIT_AT));
	json_text(j, "burst", text(hits, h, HIT_BURST));
	json_number(j, "off_s", text(hits, h, HIT_OFF));
	json_bool(j, "both_sides", is_true(hits, h, HIT_BOTH));
	json_end_object(j);
}

void backends_print_json(const char *run, const struct pg_rows *rows, const struct pg_rows *hits)
{
	struct json j = json_of(stdout);
	for (size_t r = 0; r < pg_rows_count(rows); r++) {
		json_object(&j, NULL);
		json_number(&j, "run", run);
		for (size_t c = 0; c < SERVER_COLUMNS; c++)
			json_cell(&j, rows, r, c);
		json_array(&j, "hits");
		for (size_t h = 0; h < pg_rows_count(hits); h++)
			if (is_of(hits, h, rows, r))
				json_hit(&j, hits, h);
		json_end_array(&j);
		json_end_object(&j);
	}
}
