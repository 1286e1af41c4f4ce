// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <endian.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum err text_u64(struct span s, uint64_t min, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;
	if (s.len == 0)
		return ERR_SHORT;
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] < '0' || s.at[i] > '9')
			return ERR_FORMAT;
		uint64_t d = (uint64_t)(s.at[i] - '0');
		if (v > (UINT64_MAX - d) / 10)
			return ERR_RANGE;
		v = v * 10 + d;
	}
	if (v < min || v > max)
		return ERR_RANGE;
	*out = v;
	return ERR_OK;
}

enum err text_i64(struct span s, int64_t min, int64_t max, int64_t *out)
{
	bool minus = s.len > 0 && s.at[0] == '-';
	uint64_t v;
	enum err err = text_u64(minus ? span_cut(s, 1, s.len) : s, 0, INT64_MAX, &v);
	if (err != ERR_OK)
		return err;
	int64_t n = minus ? -(int64_t)v : (int64_t)v;
	if (n < min || n > max)
		return ERR_RANGE;
	*out = n;
	return ERR_OK;
}

enum err text_f64(struct span s, double min, double max, double *out)
{
	char buf[64];
	if (s.len == 0)
		return ERR_SHORT;
	for (size_t i = 0; i < s.len; i++)
		if (strchr("0123456789+-.eE", s.at[i]) == NULL || s.at[i] == '\0')
			return ERR_FORMAT;
	if (text_copy(buf, sizeof(buf), s) != ERR_OK)
		return ERR_RANGE;
	char *end;
	double v = strtod(buf, &end);
	if (*end != '\0')
		return ERR_FORMAT;
	if (!isfinite(v) || v < min || v > max)
		return ERR_RANGE;
	*out = v;
	return ERR_OK;
}

bool text_is(struct span s, const char *word)
{
	return span_eq(s, span_text(word));
}

static bool blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct span text_trim(struct span s)
{
	while (s.len > 0 && blank(s.at[0]))
		s = span_of(s.at + 1, s.len - 1);
	while (s.len > 0 && blank(s.at[s.len - 1]))
		s.len--;
	return s;
}

struct span text_cut(struct span *rest, char sep)
{
	struct span s = *rest;
	const uint8_t *hit = s.len > 0 ? memchr(s.at, sep, s.len) : NULL;
	if (hit == NULL) {
		*rest = (struct span){ NULL, 0 };
		return s;
	}
	size_t len = (size_t)(hit - s.at);
	*rest = span_of(hit + 1, s.len - len - 1);
	return span_of(s.at, len);
}

struct span text_word(struct span *rest)
{
	*rest = text_trim(*rest);
	size_t len = 0;
	while (len < rest->len && !blank(rest->at[len]))
		len++;
	struct span word = span_of(rest->at, len);
	*rest = text_trim(span_cut(*rest, len, rest->len));
	return word;
}

enum err text_copy(char *out, size_t cap, struct span s)
{
	if (cap == 0)
		return ERR_FULL;
	out[0] = '\0';
	if (s.len >= cap)
		return ERR_FULL;
	if (s.len > 0)
		memcpy(out, s.at, s.len);
	out[s.len] = '\0';
	return ERR_OK;
}

// Measurements are mostly digits: they are written by twos.
#define TEN(d) d "0" d "1" d "2" d "3" d "4" d "5" d "6" d "7" d "8" d "9"

char *text_digits(char *to, uint64_t v, int count)
{
	static const char pairs[] = TEN("0") TEN("1") TEN("2") TEN("3") TEN("4") TEN("5") TEN("6")
		TEN("7") TEN("8") TEN("9");
	int i = count;
	for (; i > 1; v /= 100) {
		i -= 2;
		memcpy(to + i, pairs + 2 * (v % 100), 2);
	}
	if (i == 1)
		*to = (char)('0' + v % 10);
	return to + count;
}

int text_digit_count(uint64_t v)
{
	int count = 1;
	for (; v >= 10000; v /= 10000)
		count += 4;
	return count + (v >= 10) + (v >= 100) + (v >= 1000);
}

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

// Four bytes at once: each nibble in a byte of its own, then as its digit.
static void hex_four(const uint8_t *in, char *out)
{
	uint64_t v = (uint64_t)in[0] | (uint64_t)in[1] << 16 | (uint64_t)in[2] << 32 |
		     (uint64_t)in[3] << 48;
	v = (v >> 4 & EACH(0x0f)) | (v & UINT64_C(0x000f000f000f000f)) << 8;
	uint64_t letter = (v + EACH(6)) >> 4 & EACH(1);
	v = htole64(v + EACH('0') + letter * ('a' - '0' - 10));
	memcpy(out, &v, sizeof(v));
}

void text_hex(struct span s, char *out)
{
	size_t i = 0;
	for (; s.len - i >= 4; i += 4)
		hex_four(s.at + i, out + 2 * i);
	for (; i < s.len; i++) {
		out[2 * i] = "0123456789abcdef"[s.at[i] >> 4];
		out[2 * i + 1] = "0123456789abcdef"[s.at[i] & 15];
	}
	out[2 * s.len] = '\0';
}

static int nibble(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

enum err text_unhex(struct span s, uint8_t *out, size_t len)
{
	if (s.len != 2 * len)
		return ERR_FORMAT;
	for (size_t i = 0; i < len; i++) {
		int hi = nibble(s.at[2 * i]);
		int lo = nibble(s.at[2 * i + 1]);
		if (hi < 0 || lo < 0)
			return ERR_FORMAT;
		out[i] = (uint8_t)(hi << 4 | lo);
	}
	return ERR_OK;
}
