// SPDX-License-Identifier: Apache-2.0
//
// What traceroute (Linux, BSD, IOS XR, Windows), tracepath, mtr and WinMTR print for people. A line
// is read word by word: a hop's number, names, addresses, times, stars, notes. What a word means is
// told by its form and by the word behind it, so one reader does for all.
#include "trace_format/text_read.h"

#include "base/macro.h"
#include "base/text.h"
#include "base/wr.h"
#include "trace_format/parts.h"

#define COLUMNS 7 // of mtr: Loss% Snt Last Avg Best Wrst StDev
#define AVERAGE 3

static const struct {
	const char *word;
	uint32_t v4, v6;
} notes[] = {
	{ "!N", ANSWER(ANSWER_ICMP, 3, 0), ANSWER(ANSWER_ICMP, 1, 0) },
	{ "!H", ANSWER(ANSWER_ICMP, 3, 1), ANSWER(ANSWER_ICMP, 1, 3) },
	{ "!P", ANSWER(ANSWER_ICMP, 3, 2), ANSWER(ANSWER_ICMP, 4, 1) },
	{ "!F", ANSWER(ANSWER_ICMP, 3, 4), ANSWER(ANSWER_ICMP, 2, 0) },
	{ "!S", ANSWER(ANSWER_ICMP, 3, 5), 0 },
	{ "!X", ANSWER(ANSWER_ICMP, 3, 13), ANSWER(ANSWER_ICMP, 1, 1) },
	{ "!V", ANSWER(ANSWER_ICMP, 3, 14), 0 },
	{ "!C", ANSWER(ANSWER_ICMP, 3, 15), 0 },
};

struct reading {
	struct arena *arena;
	struct trace_doc *doc;
	size_t hop;         // first reply of this line
	uint8_t ttl;        // of the hop that the line belongs to
	struct addr from;   // who answered what follows
	struct span host;   // and his name, where there is one
	struct span number; // a word that may turn out to be a time
	bool owed;          // an address was read, and nothing said of it yet
};

static bool plain(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] < ' ' || s.at[i] > '~' || s.at[i] == '"' || s.at[i] == '\\')
			return false;
	return s.len > 0;
}

static enum err quote(struct arena *a, struct trace_facts *facts, const char *key, struct span text)
{
	if (!plain(text))
		return ERR_OK;
	uint8_t *room = arena_take(a, text.len + 2);
	if (room == NULL)
		return ERR_MEMORY;
	struct wr w = wr_of(room, text.len + 2);
	wr_u8(&w, '"');
	wr_bytes(&w, text);
	wr_u8(&w, '"');
	return trace_fact_put(a, facts, span_text(key), wr_span(&w));
}

static bool address(struct span word, struct addr *out)
{
	bool wrapped = word.len > 2 && (word.at[0] == '(' || word.at[0] == '[');
	if (wrapped)
		word = span_cut(word, 1, word.len - 2);
	return addr_read(word, out) == ERR_OK;
}

// Milliseconds with decimals as microseconds.
static bool time_of(struct span word, uint32_t *us)
{
	uint64_t n = 0;
	unsigned decimals = 0;
	bool point = false;
	for (size_t i = 0; i < word.len; i++) {
		bool digit = word.at[i] >= '0' && word.at[i] <= '9';
		if (!digit && (point || word.at[i] != '.'))
			return false;
		if (digit && decimals < 3) {
			n = n * 10 + (uint64_t)(word.at[i] - '0');
			decimals += point;
		}
		point = point || !digit;
		if (n > UINT32_MAX)
			return false;
	}
	for (; decimals < 3; decimals++)
		n *= 10;
	*us = (uint32_t)n;
	return word.len > 0 && n <= UINT32_MAX;
}

static enum err put(struct reading *r, bool silent, bool has_rtt, uint32_t us)
{
	struct trace_doc *d = r->doc;
	struct trace_doc_reply *reply;
	enum err err = trace_reply_put(r->arena, d, &reply);
	if (err != ERR_OK)
		return err;
	r->owed = false;
	*reply = (struct trace_doc_reply){ .ttl = r->ttl, .has_rtt = has_rtt, .rtt_us = us };
	if (silent)
		return ERR_OK;
	reply->from = r->from;
	reply->host = plain(r->host) ? r->host : reply->host;
	return ERR_OK;
}

// Windows tells the times first and then who took them.
static void name_all(struct reading *r)
{
	for (size_t i = r->hop; i < r->doc->count; i++) {
		struct trace_doc_reply *reply = &r->doc->replies[i];
		struct trace_facts *facts = &reply->facts[TRACE_TONGUE_TOOL];
		bool unnamed = reply->from.family == 0 && (reply->has_rtt || facts->first != NULL);
		if (!unnamed || reply->host.len > 0)
			continue;
		reply->from = r->from;
		reply->host = plain(r->host) ? r->host : reply->host;
		r->owed = false;
	}
}

// An address alone, without a time: who answered, at least.
static enum err pay(struct reading *r)
{
	return r->owed ? put(r, false, false, 0) : ERR_OK;
}

static void note(struct reading *r, struct span word)
{
	struct trace_doc_reply *last =
		r->doc->count > r->hop ? &r->doc->replies[r->doc->count - 1] : NULL;
	uint64_t mtu = 0;
	if (last != NULL && text_is(span_cut(word, 0, 3), "!F-") &&
	    text_u64(span_cut(word, 3, word.len), 1, UINT32_MAX, &mtu) == ERR_OK) {
		last->mtu = (uint32_t)mtu;
		word.len = 2;
	}
	for (size_t i = 0; last != NULL && i < COUNT(notes); i++)
		if (text_is(word, notes[i].word))
			last->answer = last->from.family == 6 ? notes[i].v6 : notes[i].v4;
}

static bool ends_ms(struct span word, struct span *number)
{
	*number = span_cut(word, 0, word.len < 2 ? 0 : word.len - 2);
	return number->len > 0 && text_is(span_cut(word, word.len - 2, 2), "ms");
}

static bool is_unit(struct span word)
{
	return text_is(word, "ms") || text_is(word, "msec");
}

static enum err timed(struct reading *r, struct span number)
{
	uint32_t us;
	if (time_of(number, &us))
		return put(r, false, true, us);
	// "<1 ms": less than the clock could tell.
	enum err err = put(r, false, false, 0);
	struct trace_facts *facts = &r->doc->replies[r->doc->count - 1].facts[TRACE_TONGUE_TOOL];
	return err == ERR_OK ? quote(r->arena, facts, "rtt_ms", number) : err;
}

static enum err word(struct reading *r, struct span w)
{
	struct span number;
	struct addr a;
	uint32_t us;
	if (text_is(w, "*"))
		return put(r, true, false, 0);
	if (is_unit(w) && r->number.len > 0) {
		number = r->number;
		r->number.len = 0;
		return timed(r, number);
	}
	r->number.len = 0;
	if (time_of(w, &us) || w.at[0] == '<') {
		r->number = w;
		return ERR_OK;
	}
	if (ends_ms(w, &number) && time_of(number, &us))
		return put(r, false, true, us);
	if (w.at[0] == '!') {
		note(r, w);
		return ERR_OK;
	}
	if (address(w, &a)) {
		// "ADDRESS (ADDRESS)" where it has no name.
		enum err err = addr_eq(a, r->from) ? ERR_OK : pay(r);
		if (w.at[0] != '(' && w.at[0] != '[')
			r->host.len = 0;
		r->from = a;
		r->owed = true;
		name_all(r);
		return err;
	}
	enum err err = pay(r);
	r->host = w;
	r->from = (struct addr){ 0 };
	return err;
}

// HOST and seven numbers: a row of mtr. Its time is the mean of its probes.
static bool is_row(struct span line, struct span *host, struct span columns[static COLUMNS])
{
	uint32_t us;
	size_t n = 0;
	*host = text_word(&line);
	for (; n < COLUMNS && line.len > 0; n++) {
		columns[n] = text_word(&line);
		size_t len = columns[n].len;
		if (len > 0 && columns[n].at[len - 1] == '%')
			columns[n].len--;
		if (!time_of(columns[n], &us))
			return false;
	}
	return n == COLUMNS && text_trim(line).len == 0;
}

static enum err row(struct reading *r, struct span host, const struct span *columns)
{
	static const char *const keys[COLUMNS] = { "loss", "sent",  "last",     "mean",
						   "best", "worst", "deviation" };
	uint32_t us = 0;
	bool silent = text_is(host, "???");
	bool known = address(host, &r->from);
	r->host = known || silent ? (struct span){ 0 } : host;
	r->from = known ? r->from : (struct addr){ 0 };
	bool timed_row = time_of(columns[AVERAGE], &us) && !silent;
	enum err err = put(r, silent, timed_row, us);
	for (size_t i = 0; i < COLUMNS && err == ERR_OK; i++)
		err = quote(r->arena, &r->doc->replies[r->doc->count - 1].facts[TRACE_TONGUE_TOOL],
			    keys[i], columns[i]);
	return err;
}

// "| HOST - 0 | 22 | 22 | BEST | MEAN | WORST | LAST |": rows of WinMTR have no number.
static enum err winmtr(struct reading *r, struct span line)
{
	static const char *const keys[] = { "sent", "received", "best", "mean", "worst", "last" };
	uint32_t us = 0;
	(void)text_cut(&line, '|');
	struct span first = text_cut(&line, '|'), columns[COUNT(keys)], host = text_word(&first);
	struct span loss = { 0 }, w;
	for (size_t i = 0; i < COUNT(keys); i++) {
		columns[i] = text_trim(text_cut(&line, '|'));
		if (!time_of(columns[i], &us))
			return ERR_OK; // the table's own lines
	}
	while ((w = text_word(&first)).len > 0)
		loss = w; // "HOST - 100"
	bool known = address(host, &r->from), silent = text_is(host, "No");
	r->from = known ? r->from : (struct addr){ 0 };
	r->host = known || silent ? (struct span){ 0 } : host;
	r->ttl++;
	(void)time_of(columns[3], &us);
	enum err err = put(r, silent, !silent, us);
	if (err != ERR_OK)
		return err;
	struct trace_facts *facts = &r->doc->replies[r->doc->count - 1].facts[TRACE_TONGUE_TOOL];
	err = quote(r->arena, facts, "loss", loss);
	for (size_t i = 0; i < COUNT(keys) && err == ERR_OK; i++)
		err = quote(r->arena, facts, keys[i], columns[i]);
	return err;
}

// The number a hop's line begins with, whatever stands behind it: "1", "1.", "1.|--", "1:", "1?:".
static bool hop_number(struct span *line, uint8_t *ttl)
{
	uint64_t n = 0;
	size_t i = 0;
	for (; i < line->len && line->at[i] >= '0' && line->at[i] <= '9' && i < 3; i++)
		n = n * 10 + (uint64_t)(line->at[i] - '0');
	if (i == 0 || n > 255)
		return false;
	for (; i < line->len && line->at[i] != ' ' && line->at[i] != '\t'; i++)
		if (line->at[i] != '.' && line->at[i] != '|' && line->at[i] != '-' &&
		    line->at[i] != ':' && line->at[i] != '?')
			return false;
	*ttl = (uint8_t)n;
	*line = text_trim(span_cut(*line, i, line->len));
	return line->len > 0;
}

static bool begins(struct span s, const char *with)
{
	struct span w = span_text(with);
	return s.len >= w.len && span_eq(span_cut(s, 0, w.len), w);
}

bool trace_text_is_head(struct span line)
{
	line = text_trim(line);
	return begins(line, "traceroute to ") || begins(line, "traceroute6 to ") ||
	       begins(line, "Tracing ") || begins(line, "tracert to ");
}

// "… to NAME (ADDRESS) …", or "[ADDRESS]", or the address alone; IPv6: "from ADDRESS".
static enum err head(struct reading *r, struct span line)
{
	struct trace_doc *d = r->doc;
	struct span rest = line, w, before = { 0 };
	while ((w = text_word(&rest)).len > 0) {
		struct addr a;
		if (w.at[w.len - 1] == ',' || w.at[w.len - 1] == ':')
			w.len--;
		if (text_is(before, "to"))
			d->name = plain(w) ? w : d->name;
		if (address(w, &a) && text_is(before, "from"))
			d->src = a;
		else if (d->dst.family == 0 && address(w, &a))
			d->dst = a;
		before = w;
	}
	return quote(r->arena, &d->facts[TRACE_TONGUE_TOOL], "head", line);
}

static enum err hop_line(struct reading *r, struct span line)
{
	struct span host, columns[COLUMNS], w;
	enum err err = ERR_OK;
	if (is_row(line, &host, columns))
		return row(r, host, columns);
	r->from = (struct addr){ 0 };
	r->host = r->number = (struct span){ 0 };
	r->hop = r->doc->count;
	r->owed = false;
	while (err == ERR_OK && (w = text_word(&line)).len > 0)
		err = word(r, w);
	return err == ERR_OK ? pay(r) : err;
}

static enum err one_line(struct reading *r, struct span line)
{
	struct span body = text_trim(line);
	bool indented = line.len > 0 && (line.at[0] == ' ' || line.at[0] == '\t');
	if (body.len == 0)
		return ERR_OK;
	if (trace_text_is_head(body))
		return head(r, body);
	if (body.at[0] == '|')
		return winmtr(r, body);
	if (hop_number(&body, &r->ttl))
		return hop_line(r, body);
	struct addr a;
	struct span rest = body;
	if (indented && r->doc->count > 0 && address(text_word(&rest), &a))
		return hop_line(r, body); // more of the hop before
	return ERR_OK;
}

// Lines that begin with a number and hold addresses are many things (a listing of packets, say). A
// trace without a heading tells a time, a star or a row of columns at least.
static bool is_trace(const struct trace_doc *d)
{
	bool told = d->name.len > 0;
	for (size_t i = 0; i < d->count && !told; i++) {
		const struct trace_doc_reply *r = &d->replies[i];
		told = r->has_rtt || r->facts[TRACE_TONGUE_TOOL].first != NULL ||
		       (r->from.family == 0 && r->host.len == 0);
	}
	return told;
}

enum err trace_text_read(struct arena *a, struct span text, struct trace_doc *out)
{
	struct reading r = { .arena = a, .doc = out };
	enum err err = ERR_OK;
	*out = (struct trace_doc){ .name = span_text("") };
	while (err == ERR_OK && text.at != NULL && text.len > 0)
		err = one_line(&r, text_cut(&text, '\n'));
	if (err == ERR_OK && !is_trace(out))
		return ERR_FORMAT;
	if (err == ERR_OK)
		err = trace_doc_sort(a, out);
	if (err == ERR_OK)
		trace_doc_settle(out);
	return err;
}
