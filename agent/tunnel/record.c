// SPDX-License-Identifier: Apache-2.0
#include "tunnel/record.h"

#include "base/text.h"
#include "tunnel/route.h"
#include "tunnel/rules.h"

#define STAT_START_FIELD 20 // starttime, counted from the field after the command's name

// Every line of TEXT behind WORD.
static void prefixed(struct wr *w, const char *word, struct span text)
{
	while (text.len > 0) {
		struct span line = text_cut(&text, '\n');
		wr_format(w, "%s ", word);
		wr_bytes(w, line);
		wr_text(w, "\n");
	}
}

static void process_write(struct wr *w, const char *word, struct record_process p)
{
	if (p.pid != 0)
		wr_format(w, "%s %lld %llu\n", word, (long long)p.pid, (unsigned long long)p.start);
}

void record_write(struct wr *w, const struct tunnel_config *c, const struct record *r)
{
	static const char *const words[] = { [4] = "ip4", [6] = "ip6" };
	uint8_t room[ROUTE_TEXT];
	struct wr part = wr_of(room, sizeof(room));
	process_write(w, "owner", r->owner);
	process_write(w, "daemon", r->daemon);
	for (uint8_t family = 4; family <= 6; family += 2) {
		part = wr_of(room, sizeof(room));
		route_undo_write(&part, c, family);
		prefixed(w, words[family], wr_span(&part));
	}
	part = wr_of(room, sizeof(room));
	if (c->role == TUNNEL_GATEWAY)
		rules_block_write(&part, c);
	prefixed(w, "nft", wr_span(&part));
}

static enum err process_read(struct span rest, struct record_process *out)
{
	struct span pid = text_word(&rest), start = text_word(&rest);
	if (rest.len != 0 || text_i64(pid, 1, INT32_MAX, &out->pid) != ERR_OK ||
	    text_u64(start, 0, UINT64_MAX, &out->start) != ERR_OK)
		return ERR_FORMAT;
	return ERR_OK;
}

enum err record_read(struct span in, struct record *out)
{
	*out = (struct record){ 0 };
	while (in.len > 0) {
		struct span rest = text_cut(&in, '\n');
		struct span word = text_word(&rest);
		enum err err = ERR_OK;
		if (text_is(word, "owner"))
			err = process_read(rest, &out->owner);
		else if (text_is(word, "daemon"))
			err = process_read(rest, &out->daemon);
		else if (!text_is(word, "ip4") && !text_is(word, "ip6") && !text_is(word, "nft"))
			err = ERR_FORMAT;
		if (err != ERR_OK)
			return err;
	}
	return out->owner.pid == 0 ? ERR_FORMAT : ERR_OK;
}

void record_part(struct span in, const char *word, struct wr *w)
{
	while (in.len > 0) {
		struct span rest = text_cut(&in, '\n');
		if (!text_is(text_word(&rest), word))
			continue;
		wr_bytes(w, text_trim(rest));
		wr_text(w, "\n");
	}
}

enum err record_stat_read(struct span in, uint64_t *start)
{
	// The command's name stands in brackets and may hold blanks and brackets itself.
	size_t at = in.len;
	while (at > 0 && in.at[at - 1] != ')')
		at--;
	struct span rest = span_cut(in, at, in.len), word = { 0 };
	for (int i = 0; i < STAT_START_FIELD; i++)
		word = text_word(&rest);
	return text_u64(word, 0, UINT64_MAX, start) == ERR_OK ? ERR_OK : ERR_FORMAT;
}
