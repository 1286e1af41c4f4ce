// SPDX-License-Identifier: Apache-2.0
//
// JSON written as it is thought of: open, name, value, close. Commas and escapes are this room's
// business; bytes that are not UTF-8 come out as U+FFFD. Keys are NULL inside arrays.
#pragma once

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/span.h"
#include "base/time.h"

#define JSON_DEPTH  32
#define JSON_BUFFER 2048 // bytes thought of and not yet written
#define JSON_KEY    64   // room for a key, its quotes, and what stands round them
#define JSON_VALUE  64   // room for a short value behind it

struct json {
	FILE *out;
	int depth;
	bool some[JSON_DEPTH]; // this level has an entry already
	int64_t second;        // of the time written last
	char date[20];         // how that second begins: up to the point before its fraction
	size_t len;
	char bytes[JSON_BUFFER]; // goes to OUT when full and when the outermost level closes
};

static inline struct json json_of(FILE *out)
{
	struct json j;
	j.out = out;
	j.depth = 0;
	j.some[0] = false;
	j.second = -1;
	j.len = 0;
	return j;
}

void json_flush(struct json *j);

// The comma and the key of what comes next. Keys are constants of ours: nothing to escape, and
// short; inline, their length is known beforehand. There is room for a short value, too.
static inline void json_key(struct json *j, const char *key)
{
	if (sizeof(j->bytes) - j->len < JSON_KEY + JSON_VALUE)
		json_flush(j);
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

// Values alone, after json_key: it has seen to the room for what is short.
void json_open(struct json *j, char mark);
void json_put_text(struct json *j, const char *text);
void json_put_word(struct json *j, const char *word);
void json_put_span(struct json *j, struct span text);
void json_put_hex(struct json *j, struct span bytes);
void json_put_int(struct json *j, int64_t v);
void json_put_real(struct json *j, double v, int decimals);
void json_put_thousandths(struct json *j, uint64_t v);
void json_put_bare(struct json *j, const char *text);
void json_put_addr(struct json *j, struct addr a);
void json_put_wall(struct json *j, struct wall t);

static inline void json_object(struct json *j, const char *key)
{
	json_key(j, key);
	json_open(j, '{');
}

static inline void json_array(struct json *j, const char *key)
{
	json_key(j, key);
	json_open(j, '[');
}

void json_end_object(struct json *j); // at the outermost level: also a newline
void json_end_array(struct json *j);

// NULL text: null
static inline void json_text(struct json *j, const char *key, const char *text)
{
	json_key(j, key);
	json_put_text(j, text);
}

// What needs no escape: a constant of ours.
static inline void json_word(struct json *j, const char *key, const char *word)
{
	json_key(j, key);
	json_put_word(j, word);
}

static inline void json_span(struct json *j, const char *key, struct span text)
{
	json_key(j, key);
	json_put_span(j, text);
}

// as text, two digits a byte
static inline void json_hex(struct json *j, const char *key, struct span bytes)
{
	json_key(j, key);
	json_put_hex(j, bytes);
}

static inline void json_int(struct json *j, const char *key, int64_t v)
{
	json_key(j, key);
	json_put_int(j, v);
}

// NaN, inf: null
static inline void json_real(struct json *j, const char *key, double v, int decimals)
{
	json_key(j, key);
	json_put_real(j, v, decimals);
}

// 1234: 1.234
static inline void json_thousandths(struct json *j, const char *key, uint64_t v)
{
	json_key(j, key);
	json_put_thousandths(j, v);
}

// as it stands: digits, point
static inline void json_number(struct json *j, const char *key, const char *text)
{
	json_key(j, key);
	json_put_bare(j, text);
}

// A member that was JSON already: both as they stand, KEY between its quotes.
void json_raw(struct json *j, struct span key, struct span value);
static inline void json_bool(struct json *j, const char *key, bool v)
{
	json_key(j, key);
	json_put_bare(j, v ? "true" : "false");
}

static inline void json_null(struct json *j, const char *key)
{
	json_key(j, key);
	json_put_bare(j, "null");
}

// family 0: null
static inline void json_addr(struct json *j, const char *key, struct addr a)
{
	json_key(j, key);
	json_put_addr(j, a);
}

// RFC 3339
static inline void json_wall(struct json *j, const char *key, struct wall t)
{
	json_key(j, key);
	json_put_wall(j, t);
}
