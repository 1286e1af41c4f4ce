// SPDX-License-Identifier: Apache-2.0
#include "wire/phone_line.h"

#include <string.h>

#include "base/text.h"

// What follows the word: a app, c account, p peer, i id, t time, x text to the end of the line.
static const struct {
	const char *name, *parts;
} shapes[] = {
	[PHONE_OPEN] = { "open", "acp" },          [PHONE_SEND] = { "send", "ix" },
	[PHONE_CLOSE] = { "close", "" },           [PHONE_NETWORK] = { "network", "" },
	[PHONE_REACH] = { "reach", "ix" },         [PHONE_ISOLATE] = { "isolate", "a" },
	[PHONE_REACHED] = { "reached", "it" },     [PHONE_ISOLATED] = { "isolated", "at" },
	[PHONE_STATUS] = { "status", "" },         [PHONE_OPENED] = { "opened", "t" },
	[PHONE_SENT] = { "sent", "it" },           [PHONE_STORED] = { "stored", "it" },
	[PHONE_DELIVERED] = { "delivered", "it" }, [PHONE_RECEIVED] = { "received", "itx" },
	[PHONE_FAILED] = { "failed", "itx" },      [PHONE_CLOSED] = { "closed", "t" },
	[PHONE_STATE] = { "state", "act" },
};

_Static_assert(COUNT(shapes) == PHONE_WORD_COUNT_, "every word has its shape");

const char *phone_word_name(enum phone_word word)
{
	return (size_t)word < COUNT(shapes) ? shapes[word].name : "?";
}

static bool printable(struct span s, bool blanks)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] < ' ' || s.at[i] == 0x7f || (s.at[i] == ' ' && !blanks))
			return false;
	return true;
}

static bool is_word(struct span s)
{
	return s.len > 0 && s.len <= PHONE_WORD_MAX && printable(s, false);
}

static struct span *part_of(struct phone_line *line, char part)
{
	switch (part) {
	case 'a':
		return &line->app;
	case 'c':
		return &line->account;
	case 'p':
		return &line->peer;
	case 'i':
		return &line->id;
	default:
		return &line->text;
	}
}

static enum err part_read(char part, struct span *rest, struct phone_line *out)
{
	if (rest->at == NULL)
		return ERR_FORMAT;
	if (part == 'x') {
		out->text = *rest;
		*rest = (struct span){ 0 };
		return out->text.len > PHONE_TEXT_MAX || !printable(out->text, true) ? ERR_FORMAT
										     : ERR_OK;
	}
	struct span word = text_cut(rest, ' ');
	if (part == 't')
		return text_i64(word, 0, INT64_MAX, &out->at.ns);
	*part_of(out, part) = word;
	return is_word(word) ? ERR_OK : ERR_FORMAT;
}

enum err phone_line_read(struct span in, struct phone_line *out)
{
	struct span rest = in;
	struct span word = text_cut(&rest, ' ');
	size_t at = 0;

	*out = (struct phone_line){ 0 };
	while (at < COUNT(shapes) && !text_is(word, shapes[at].name))
		at++;
	if (at == COUNT(shapes))
		return ERR_FORMAT;
	out->word = (enum phone_word)at;
	for (const char *part = shapes[at].parts; *part != '\0'; part++) {
		enum err err = part_read(*part, &rest, out);
		if (err != ERR_OK)
			return err;
	}
	return rest.at == NULL ? ERR_OK : ERR_FORMAT;
}

static void part_write(char part, const struct phone_line *in, struct wr *w)
{
	struct phone_line copy = *in;
	struct span s = part == 't' ? (struct span){ 0 } : *part_of(&copy, part);

	wr_u8(w, ' ');
	if (part == 't') {
		wr_format(w, "%lld", (long long)in->at.ns);
		return;
	}
	bool good = part == 'x' ? s.len <= PHONE_TEXT_MAX && printable(s, true) : is_word(s);
	if (!good && w->err == ERR_OK)
		w->err = s.len > PHONE_WORD_MAX ? ERR_RANGE : ERR_FORMAT;
	wr_bytes(w, s);
}

void phone_line_write(struct wr *w, const struct phone_line *in)
{
	size_t before = w->len;

	wr_text(w, shapes[in->word].name);
	for (const char *part = shapes[in->word].parts; *part != '\0'; part++)
		part_write(*part, in, w);
	wr_u8(w, '\n');
	if (w->err != ERR_OK)
		w->len = before;
}

enum err phone_line_cut(struct span bytes, struct span *line, size_t *used)
{
	size_t look = bytes.len < PHONE_LINE_MAX ? bytes.len : PHONE_LINE_MAX;
	const uint8_t *end = look > 0 ? memchr(bytes.at, '\n', look) : NULL;

	if (end == NULL)
		return look < PHONE_LINE_MAX ? ERR_SHORT : ERR_FORMAT;
	*line = span_of(bytes.at, (size_t)(end - bytes.at));
	*used = line->len + 1;
	return ERR_OK;
}
