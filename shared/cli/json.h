// SPDX-License-Identifier: Apache-2.0
//
// JSON written as it is thought of: open, name, value, close. Commas and escapes are this room's
// business; bytes that are not UTF-8 come out as U+FFFD. Keys are NULL inside arrays.
#pragma once

#include <stdio.h>

#include "base/addr.h"
#include "base/span.h"
#include "base/time.h"

#define JSON_DEPTH  32
#define JSON_BUFFER 2048 // bytes thought of and not yet written

struct json {
	FILE *out;
	int depth;
	bool some[JSON_DEPTH]; // this level has an entry already
	size_t len;
	char bytes[JSON_BUFFER]; // goes to OUT when full and when the outermost level closes
};

static inline struct json json_of(FILE *out)
{
	struct json j;
	j.out = out;
	j.depth = 0;
	j.some[0] = false;
	j.len = 0;
	return j;
}

void json_object(struct json *j, const char *key);
void json_array(struct json *j, const char *key);
void json_end_object(struct json *j); // at the outermost level: also a newline
void json_end_array(struct json *j);

void json_text(struct json *j, const char *key, const char *text); // NULL text: null
void json_span(struct json *j, const char *key, struct span text);
void json_hex(struct json *j, const char *key, struct span bytes); // as text, two digits a byte
void json_int(struct json *j, const char *key, int64_t v);
void json_real(struct json *j, const char *key, double v, int decimals); // NaN, inf: null
void json_thousandths(struct json *j, const char *key, uint64_t v);      // 1234: 1.234
void json_number(struct json *j, const char *key, const char *text); // as it stands: digits, point
// A member that was JSON already: both as they stand, KEY between its quotes.
void json_raw(struct json *j, struct span key, struct span value);
void json_bool(struct json *j, const char *key, bool v);
void json_null(struct json *j, const char *key);
void json_addr(struct json *j, const char *key, struct addr a); // family 0: null
void json_wall(struct json *j, const char *key, struct wall t); // RFC 3339
