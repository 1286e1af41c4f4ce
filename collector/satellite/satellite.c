// SPDX-License-Identifier: Apache-2.0
#include "satellite/satellite.h"

#include <stdio.h>
#include <string.h>

static const char *const known[] = {
	"answers_control.json",  "answers_err.json",       "interference.json",
	"interference_err.json", "tagged_answers.json",    "tagged_resolvers.json",
	"resolvers.json",        "resolvers_raw.json",     "resolvers_ptr.json",
	"resolvers_ip.json",     "responses_control.json", "results.json",
	"results_verified.json", "tagged_responses.json",  "blockpages.json",
	"control_pages.json",    "resolvers_profile.json",
};

// What the other files say again, or what only their makers need.
static const char *const passed_over[] = {
	"answers.json",       "answers_ip.json", "answers_raw.json",
	"resolvers_err.json", "responses.json",  "responses_ip.json",
	"responses_raw.json", "log.json",        "resolver_info.json",
};

static bool ends(const char *name, const char *tail)
{
	size_t n = strlen(name), t = strlen(tail);
	return n > t && strcmp(name + n - t, tail) == 0;
}

static bool among(const char *const *list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

enum satellite_file satellite_file_find(const char *path, char out[static SATELLITE_NAME])
{
	const char *base = strrchr(path, '/');
	base = base != NULL ? base + 1 : path;
	int len = snprintf(out, SATELLITE_NAME, "%s", base);
	if (len < 0 || (size_t)len >= SATELLITE_NAME || base[0] == '.')
		return SATELLITE_OTHER;
	if (ends(out, ".gz"))
		out[strlen(out) - 3] = '\0';
	if (among(known, COUNT(known), out))
		return SATELLITE_KNOWN;
	if (among(passed_over, COUNT(passed_over), out))
		return SATELLITE_OTHER;
	for (size_t i = 0; i < 2; i++) {
		const char *tail = i == 0 ? ".json" : ".jsonl";
		if (!ends(out, tail))
			continue;
		out[strlen(out) - strlen(tail)] = '\0';
		return SATELLITE_MAYBE;
	}
	return SATELLITE_OTHER;
}

bool satellite_line_raw(struct span line)
{
	return memmem(line.at, line.len, "\"measurement_id\"", 16) != NULL &&
	       memmem(line.at, line.len, "\"resolver_ip\"", 13) != NULL;
}

static int hex(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// The number of an escape \uXXXX that begins at AT; -1 when there is none.
static int32_t escape_at(const uint8_t *line, size_t len, size_t at)
{
	int32_t v = 0;
	if (at + 6 > len || line[at] != '\\' || line[at + 1] != 'u')
		return -1;
	for (size_t i = 2; i < 6; i++) {
		int digit = hex(line[at + i]);
		if (digit < 0)
			return -1;
		v = v * 16 + digit;
	}
	return v;
}

static bool is_high(int32_t v)
{
	return v >= 0xd800 && v <= 0xdbff;
}

static bool is_low(int32_t v)
{
	return v >= 0xdc00 && v <= 0xdfff;
}

void satellite_line_clean(uint8_t *line, size_t len)
{
	for (size_t i = 0; i + 1 < len;) {
		int32_t v = escape_at(line, len, i);
		if (v < 0) {
			i += line[i] == '\\' ? 2 : 1;
		} else if (is_high(v) && is_low(escape_at(line, len, i + 6))) {
			i += 12;
		} else {
			if (v == 0 || is_high(v) || is_low(v))
				memcpy(line + i + 2, "fffd", 4);
			i += 6;
		}
	}
}

size_t satellite_line_pack(char *line, size_t len)
{
	bool quoted = false;
	size_t to = 0;
	for (size_t i = 0; i < len; i++) {
		char c = line[i];
		if (quoted && c == '\\' && i + 1 < len) {
			line[to++] = c;
			c = line[++i];
		} else if (c == '"') {
			quoted = !quoted;
		} else if (!quoted && (c == ' ' || c == '\n' || c == '\t' || c == '\r')) {
			continue;
		}
		line[to++] = c;
	}
	return to;
}
