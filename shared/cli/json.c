// SPDX-License-Identifier: Apache-2.0
#include "cli/json.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/text.h"

static_assert(JSON_VALUE >= ADDR_TEXT + 2 && JSON_VALUE >= WALL_TEXT + 2, "both are short");

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

// Whether one of the eight bytes at AT does not stand for itself.
static bool odd_among(const uint8_t *at)
{
	uint64_t v;
	memcpy(&v, at, sizeof(v));
	uint64_t odd = v | below(v, ' ') | below(v ^ EACH('"'), 1) | below(v ^ EACH('\\'), 1) |
		       below(v ^ EACH(0x7f), 1);
	return (odd & EACH(0x80)) != 0;
}

// How many bytes at the start of S stand for themselves.
static size_t plain(struct span s)
{
	size_t n = 0;
	while (s.len - n >= 8 && !odd_among(s.at + n))
		n += 8;
	// The last few, with what stands before them.
	if (s.len >= 8 && s.len - n < 8 && !odd_among(s.at + s.len - 8))
		return s.len;
	while (n < s.len && s.at[n] >= ' ' && s.at[n] < 0x7f && s.at[n] != '"' && s.at[n] != '\\')
		n++;
	return n;
}

void json_flush(struct json *j)
{
	(void)fwrite_unlocked(j->bytes, 1, j->len, j->out);
	j->len = 0;
}

// Room for LEN bytes, few beside the buffer.
static char *room(struct json *j, size_t len)
{
	if (sizeof(j->bytes) - j->len < len)
		json_flush(j);
	return j->bytes + j->len;
}

static void put(struct json *j, const void *text, size_t len)
{
	if (len > sizeof(j->bytes) - j->len)
		json_flush(j);
	if (len > sizeof(j->bytes)) {
		(void)fwrite_unlocked(text, 1, len, j->out);
		return;
	}
	memcpy(j->bytes + j->len, text, len);
	j->len += len;
}

static void put_char(struct json *j, char c)
{
	*room(j, 1) = c;
	j->len++;
}

void json_put_bare(struct json *j, const char *text)
{
	put(j, text, strlen(text));
}

void json_put_word(struct json *j, const char *word)
{
	size_t len = strlen(word);
	char *at = room(j, len + 2);
	assert(len + 2 <= JSON_BUFFER);
	at[0] = at[len + 1] = '"';
	memcpy(at + 1, word, len);
	j->len += len + 2;
}

void json_put_span(struct json *j, struct span s)
{
	put_char(j, '"');
	while (s.len > 0) {
		size_t run = plain(s);
		put(j, s.at, run);
		s = span_of(s.at + run, s.len - run);
		if (s.len == 0)
			break;
		size_t n = utf8(s);
		char c = (char)s.at[0];
		char escape[8];
		if (n == 0) {
			json_put_bare(j, "\\ufffd");
		} else if (c == '"' || c == '\\') {
			put_char(j, '\\');
			put_char(j, c);
		} else if ((uint8_t)c < ' ' || c == 0x7f) {
			snprintf(escape, sizeof(escape), "\\u%04x", (unsigned)c);
			json_put_bare(j, escape);
		} else {
			put(j, s.at, n);
		}
		n = n == 0 ? 1 : n;
		s = span_of(s.at + n, s.len - n);
	}
	put_char(j, '"');
}

static void put_digits(struct json *j, uint64_t v, int count)
{
	(void)text_digits(j->bytes + j->len, v, count);
	j->len += (size_t)count;
}

void json_open(struct json *j, char mark)
{
	j->bytes[j->len++] = mark;
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
		json_flush(j);
	}
}

void json_end_object(struct json *j)
{
	close_level(j, '}');
}

void json_end_array(struct json *j)
{
	close_level(j, ']');
}

void json_put_hex(struct json *j, struct span bytes)
{
	put_char(j, '"');
	while (bytes.len > 0) {
		char *to = room(j, 3);
		struct span now = span_cut(bytes, 0, (sizeof(j->bytes) - j->len - 1) / 2);
		text_hex(now, to);
		j->len += 2 * now.len;
		bytes = span_cut(bytes, now.len, bytes.len);
	}
	put_char(j, '"');
}

void json_put_text(struct json *j, const char *text)
{
	if (text == NULL)
		put(j, "null", 4);
	else
		json_put_span(j, span_text(text));
}

void json_put_int(struct json *j, int64_t v)
{
	if (v >= 0 && v < 10) {
		j->bytes[j->len++] = (char)('0' + v);
		return;
	}
	if (v < 0)
		j->bytes[j->len++] = '-';
	uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	put_digits(j, u, text_digit_count(u));
}

void json_put_real(struct json *j, double v, int decimals)
{
	char text[350];
	if (isfinite(v) && snprintf(text, sizeof(text), "%.*f", decimals, v) < (int)sizeof(text))
		json_put_bare(j, text);
	else
		json_put_bare(j, "null");
}

void json_put_thousandths(struct json *j, uint64_t v)
{
	put_digits(j, v / 1000, text_digit_count(v / 1000));
	j->bytes[j->len++] = '.';
	put_digits(j, v % 1000, 3);
}

void json_raw(struct json *j, struct span key, struct span value)
{
	json_key(j, NULL);
	put_char(j, '"');
	put(j, key.at, key.len);
	json_put_bare(j, "\":");
	put(j, value.at, value.len);
}

void json_put_addr(struct json *j, struct addr a)
{
	char *at = j->bytes + j->len;
	if (a.family == 0) {
		json_put_bare(j, "null");
		return;
	}
	size_t len = addr_write(a, at + 1);
	at[0] = at[len + 1] = '"';
	j->len += len + 2;
}

// Of a bulk measurement many have one second, and begin alike.
void json_put_wall(struct json *j, struct wall t)
{
	char text[WALL_TEXT];
	char *at = j->bytes + j->len;
	int64_t second = t.ns / NS_PER_S;
	if (t.ns < 0) {
		wall_write(t, text);
		json_put_word(j, text);
		return;
	}
	if (second != j->second) {
		wall_write(t, text);
		memcpy(j->date, text, sizeof(j->date));
		j->second = second;
	}
	*at++ = '"';
	memcpy(at, j->date, sizeof(j->date));
	at = text_digits(at + sizeof(j->date), (uint64_t)(t.ns % NS_PER_S), 9);
	*at++ = 'Z';
	*at++ = '"';
	j->len = (size_t)(at - j->bytes);
}
