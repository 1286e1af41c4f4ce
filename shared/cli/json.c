// SPDX-License-Identifier: Apache-2.0
#include "cli/json.h"

#include <assert.h>
#include <math.h>
#include <string.h>

// Length of the UTF-8 sequence at S, or 0 when it is none (RFC 3629).
static size_t utf8(struct span s)
{
	uint8_t c = s.at[0];
	size_t len = c < 0x80                ? 1
		     : c >= 0xc2 && c < 0xe0 ? 2
		     : c >= 0xe0 && c < 0xf0 ? 3
		     : c >= 0xf0 && c < 0xf5 ? 4
					     : 0;
	if (len == 0 || len > s.len)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((s.at[i] & 0xc0) != 0x80)
			return 0;
	if ((c == 0xe0 && s.at[1] < 0xa0) || (c == 0xed && s.at[1] > 0x9f) ||
	    (c == 0xf0 && s.at[1] < 0x90) || (c == 0xf4 && s.at[1] > 0x8f))
		return 0;
	return len;
}

// How many bytes at the start of S stand for themselves.
static size_t plain(struct span s)
{
	size_t n = 0;
	while (n < s.len && s.at[n] >= ' ' && s.at[n] < 0x7f && s.at[n] != '"' && s.at[n] != '\\')
		n++;
	return n;
}

static void quoted(FILE *out, struct span s)
{
	fputc('"', out);
	while (s.len > 0) {
		size_t run = plain(s);
		fwrite(s.at, 1, run, out);
		s = span_cut(s, run, s.len);
		if (s.len == 0)
			break;
		size_t n = utf8(s);
		uint8_t c = s.at[0];
		if (n == 0)
			fputs("\\ufffd", out);
		else if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < ' ' || c == 0x7f)
			fprintf(out, "\\u%04x", c);
		else
			fwrite(s.at, 1, n, out);
		n = n == 0 ? 1 : n;
		s = span_of(s.at + n, s.len - n);
	}
	fputc('"', out);
}

static void lead(struct json *j, const char *key)
{
	if (j->some[j->depth])
		fputc(',', j->out);
	j->some[j->depth] = true;
	if (key != NULL) {
		quoted(j->out, span_text(key));
		fputc(':', j->out);
	}
}

static void open_level(struct json *j, const char *key, char mark)
{
	lead(j, key);
	fputc(mark, j->out);
	assert(j->depth + 1 < JSON_DEPTH);
	j->some[++j->depth] = false;
}

static void close_level(struct json *j, char mark)
{
	assert(j->depth > 0);
	fputc(mark, j->out);
	if (--j->depth == 0) {
		fputc('\n', j->out);
		j->some[0] = false;
	}
}

void json_object(struct json *j, const char *key)
{
	open_level(j, key, '{');
}

void json_array(struct json *j, const char *key)
{
	open_level(j, key, '[');
}

void json_end_object(struct json *j)
{
	close_level(j, '}');
}

void json_end_array(struct json *j)
{
	close_level(j, ']');
}

void json_span(struct json *j, const char *key, struct span text)
{
	lead(j, key);
	quoted(j->out, text);
}

void json_text(struct json *j, const char *key, const char *text)
{
	if (text == NULL)
		json_null(j, key);
	else
		json_span(j, key, span_text(text));
}

void json_int(struct json *j, const char *key, int64_t v)
{
	lead(j, key);
	fprintf(j->out, "%lld", (long long)v);
}

void json_real(struct json *j, const char *key, double v, int decimals)
{
	lead(j, key);
	if (isfinite(v))
		fprintf(j->out, "%.*f", decimals, v);
	else
		fputs("null", j->out);
}

void json_number(struct json *j, const char *key, const char *text)
{
	lead(j, key);
	fputs(text, j->out);
}

void json_bool(struct json *j, const char *key, bool v)
{
	lead(j, key);
	fputs(v ? "true" : "false", j->out);
}

void json_null(struct json *j, const char *key)
{
	lead(j, key);
	fputs("null", j->out);
}

void json_addr(struct json *j, const char *key, struct addr a)
{
	char text[ADDR_TEXT];
	addr_write(a, text);
	json_text(j, key, a.family == 0 ? NULL : text);
}

void json_wall(struct json *j, const char *key, struct wall t)
{
	char text[WALL_TEXT];
	wall_write(t, text);
	json_text(j, key, text);
}
