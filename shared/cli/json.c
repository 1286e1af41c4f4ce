// SPDX-License-Identifier: Apache-2.0
#include "cli/json.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define JSON_KEY 64 // room for a key, its quotes, and what stands round them

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

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

static uint64_t below(uint64_t v, uint8_t limit)
{
	return (v - EACH(limit)) & ~v;
}

// Whether one of eight bytes does not stand for itself.
static bool odd_among(uint64_t v)
{
	uint64_t odd = v | below(v, ' ') | below(v ^ EACH('"'), 1) | below(v ^ EACH('\\'), 1) |
		       below(v ^ EACH(0x7f), 1);
	return (odd & EACH(0x80)) != 0;
}

// How many bytes at the start of S stand for themselves.
static size_t plain(struct span s)
{
	size_t n = 0;
	for (uint64_t v; s.len - n >= sizeof(v); n += sizeof(v)) {
		memcpy(&v, s.at + n, sizeof(v));
		if (odd_among(v))
			break;
	}
	while (n < s.len && s.at[n] >= ' ' && s.at[n] < 0x7f && s.at[n] != '"' && s.at[n] != '\\')
		n++;
	return n;
}

static void flush(struct json *j)
{
	(void)fwrite_unlocked(j->bytes, 1, j->len, j->out);
	j->len = 0;
}

static void put(struct json *j, const void *text, size_t len)
{
	if (len > sizeof(j->bytes) - j->len)
		flush(j);
	if (len > sizeof(j->bytes)) {
		(void)fwrite_unlocked(text, 1, len, j->out);
		return;
	}
	memcpy(j->bytes + j->len, text, len);
	j->len += len;
}

static void put_text(struct json *j, const char *text)
{
	put(j, text, strlen(text));
}

static void put_char(struct json *j, char c)
{
	if (j->len == sizeof(j->bytes))
		flush(j);
	j->bytes[j->len++] = c;
}

static void quoted(struct json *j, struct span s)
{
	put_char(j, '"');
	while (s.len > 0) {
		size_t run = plain(s);
		put(j, s.at, run);
		s = span_cut(s, run, s.len);
		if (s.len == 0)
			break;
		size_t n = utf8(s);
		char c = (char)s.at[0];
		char escape[8];
		if (n == 0) {
			put_text(j, "\\ufffd");
		} else if (c == '"' || c == '\\') {
			put_char(j, '\\');
			put_char(j, c);
		} else if ((uint8_t)c < ' ' || c == 0x7f) {
			snprintf(escape, sizeof(escape), "\\u%04x", (unsigned)c);
			put_text(j, escape);
		} else {
			put(j, s.at, n);
		}
		n = n == 0 ? 1 : n;
		s = span_of(s.at + n, s.len - n);
	}
	put_char(j, '"');
}

// Keys are constants of ours: nothing to escape, and short.
static void lead(struct json *j, const char *key)
{
	if (sizeof(j->bytes) - j->len < JSON_KEY)
		flush(j);
	char *at = j->bytes + j->len;
	if (j->some[j->depth])
		*at++ = ',';
	j->some[j->depth] = true;
	if (key != NULL) {
		size_t len = strlen(key);
		assert(len <= JSON_KEY - 4);
		*at++ = '"';
		memcpy(at, key, len);
		at += len;
		*at++ = '"';
		*at++ = ':';
	}
	j->len = (size_t)(at - j->bytes);
}

// The decimal digits of V, at least LEAST of them.
static void put_digits(struct json *j, uint64_t v, int least)
{
	char digits[20];
	size_t at = sizeof(digits);
	if (v < 10 && least <= 1) {
		put_char(j, (char)('0' + v));
		return;
	}
	do {
		digits[--at] = (char)('0' + v % 10);
		v /= 10;
		least--;
	} while (v > 0 || least > 0);
	put(j, digits + at, sizeof(digits) - at);
}

static void open_level(struct json *j, const char *key, char mark)
{
	lead(j, key);
	put_char(j, mark);
	assert(j->depth + 1 < JSON_DEPTH);
	j->some[++j->depth] = false;
}

static void close_level(struct json *j, char mark)
{
	assert(j->depth > 0);
	put_char(j, mark);
	if (--j->depth == 0) {
		put_char(j, '\n');
		j->some[0] = false;
		flush(j);
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
	quoted(j, text);
}

// Nothing in it needs an escape.
static void put_bare(struct json *j, const char *key, const char *text)
{
	lead(j, key);
	put_char(j, '"');
	put_text(j, text);
	put_char(j, '"');
}

void json_hex(struct json *j, const char *key, struct span bytes)
{
	static const char digit[] = "0123456789abcdef";
	lead(j, key);
	put_char(j, '"');
	for (size_t i = 0; i < bytes.len;) {
		if (sizeof(j->bytes) - j->len < 2)
			flush(j);
		size_t end = i + (sizeof(j->bytes) - j->len) / 2;
		char *at = j->bytes + j->len;
		for (end = end < bytes.len ? end : bytes.len; i < end; i++) {
			*at++ = digit[bytes.at[i] >> 4];
			*at++ = digit[bytes.at[i] & 15];
		}
		j->len = (size_t)(at - j->bytes);
	}
	put_char(j, '"');
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
	if (v < 0)
		put_char(j, '-');
	put_digits(j, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 1);
}

void json_real(struct json *j, const char *key, double v, int decimals)
{
	char text[350];
	lead(j, key);
	if (isfinite(v) && snprintf(text, sizeof(text), "%.*f", decimals, v) < (int)sizeof(text))
		put_text(j, text);
	else
		put_text(j, "null");
}

void json_thousandths(struct json *j, const char *key, uint64_t v)
{
	lead(j, key);
	put_digits(j, v / 1000, 1);
	put_char(j, '.');
	put_digits(j, v % 1000, 3);
}

void json_number(struct json *j, const char *key, const char *text)
{
	lead(j, key);
	put_text(j, text);
}

void json_raw(struct json *j, struct span key, struct span value)
{
	lead(j, NULL);
	put_char(j, '"');
	put(j, key.at, key.len);
	put_text(j, "\":");
	put(j, value.at, value.len);
}

void json_bool(struct json *j, const char *key, bool v)
{
	lead(j, key);
	put_text(j, v ? "true" : "false");
}

void json_null(struct json *j, const char *key)
{
	lead(j, key);
	put(j, "null", 4);
}

void json_addr(struct json *j, const char *key, struct addr a)
{
	char text[ADDR_TEXT];
	addr_write(a, text);
	if (a.family == 0)
		json_null(j, key);
	else
		put_bare(j, key, text);
}

void json_wall(struct json *j, const char *key, struct wall t)
{
	char text[WALL_TEXT];
	wall_write(t, text);
	put_bare(j, key, text);
}
