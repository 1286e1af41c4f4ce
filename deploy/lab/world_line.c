// SPDX-License-Identifier: Apache-2.0
#include "lab/world_line.h"

#include <ctype.h>

#include "base/text.h"
#include "base/time.h"
#include "lab/world.h"

static bool blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

// The end of a bare or quoted run that starts at POS; *OUT is it without quotes.
static enum err run_read(struct span s, size_t *pos, const char *stops, struct span *out)
{
	size_t at = *pos;

	if (at < s.len && s.at[at] == '"') {
		size_t end = at + 1;
		while (end < s.len && s.at[end] != '"')
			end++;
		if (end == s.len)
			return ERR_FORMAT;
		*out = span_cut(s, at + 1, end - at - 1);
		*pos = end + 1;
		return *pos == s.len || blank(s.at[*pos]) ? ERR_OK : ERR_FORMAT;
	}
	size_t end = at;
	while (end < s.len && !blank(s.at[end]) && s.at[end] != '"' && s.at[end] != stops[0])
		end++;
	if (end < s.len && s.at[end] == '"')
		return ERR_FORMAT;
	*out = span_cut(s, at, end - at);
	*pos = end;
	return ERR_OK;
}

static struct span without_comment(struct span s)
{
	bool quoted = false;

	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] == '"')
			quoted = !quoted;
		if (s.at[i] == '#' && !quoted)
			return span_cut(s, 0, i);
	}
	return s;
}

enum err world_line_read(struct span text, struct world_line *out)
{
	struct span s = text_trim(without_comment(text));
	size_t pos = 0;

	out->count = 0;
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] < ' ' && s.at[i] != '\t')
			return ERR_FORMAT;
	while (pos < s.len) {
		struct world_word word = { .value = { NULL, 0 } };
		if (blank(s.at[pos])) {
			pos++;
			continue;
		}
		if (out->count == WORLD_WORDS_MAX)
			return ERR_FULL;
		enum err err = run_read(s, &pos, "=", &word.key);
		if (err == ERR_OK && pos < s.len && s.at[pos] == '=') {
			pos++;
			err = run_read(s, &pos, " ", &word.value);
		}
		if (err != ERR_OK)
			return err;
		out->words[out->count++] = word;
	}
	return ERR_OK;
}

enum err world_delay_read(struct span text, int64_t *out)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = { { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 } };
	size_t digits = 0;
	double value;

	while (digits < text.len && !isalpha(text.at[digits]))
		digits++;
	enum err err = text_f64(span_cut(text, 0, digits), 0, 1e7, &value);
	if (err != ERR_OK)
		return err;
	for (size_t i = 0; i < COUNT(units); i++) {
		if (!text_is(span_cut(text, digits, text.len), units[i].name))
			continue;
		double ns = value * units[i].ns;
		*out = (int64_t)ns;
		return ns <= 10e9 ? ERR_OK : ERR_RANGE;
	}
	return ERR_FORMAT;
}

enum err world_loss_read(struct span text, double *out)
{
	double percent;

	if (text.len == 0 || text.at[text.len - 1] != '%')
		return ERR_FORMAT;
	enum err err = text_f64(span_cut(text, 0, text.len - 1), 0, 100, &percent);
	if (err == ERR_OK)
		*out = percent / 100;
	return err;
}

bool world_name_good(struct span name)
{
	if (name.len == 0 || name.len > WORLD_NAME_MAX || !isalnum(name.at[0]))
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (!isalnum(name.at[i]) && name.at[i] != '-' && name.at[i] != '_' &&
		    name.at[i] != '.')
			return false;
	return true;
}

enum err world_mpls_read(struct span text, struct mpls_entry out[static WORLD_MPLS_MAX], int *count)
{
	*count = 0;
	while (text.at && *count < WORLD_MPLS_MAX) {
		struct span entry = text_cut(&text, ',');
		struct span label = text_cut(&entry, ':'), tc = text_cut(&entry, ':');
		uint64_t l, t, ttl;
		if (text_u64(label, 0, 0xfffff, &l) != ERR_OK || text_u64(tc, 0, 7, &t) != ERR_OK ||
		    text_u64(entry, 0, 255, &ttl) != ERR_OK)
			return ERR_FORMAT;
		out[(*count)++] = (struct mpls_entry){ .label = (uint32_t)l,
						       .tc = (uint8_t)t,
						       .bottom = !text.at,
						       .ttl = (uint8_t)ttl };
	}
	return text.at ? ERR_FULL : ERR_OK;
}
