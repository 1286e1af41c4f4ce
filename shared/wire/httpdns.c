// SPDX-License-Identifier: Apache-2.0
#include "wire/httpdns.h"

#include <string.h>

#include "base/text.h"

#define DOMAIN_MAX 16384 // no <domain> is longer; what claims to be is passed over

// Offset of WORD in S, or S.len.
static size_t find(struct span s, const char *word)
{
	const uint8_t *at = s.len > 0 ? memmem(s.at, s.len, word, strlen(word)) : NULL;
	return at != NULL ? (size_t)(at - s.at) : s.len;
}

bool httpdns_begins(struct span body)
{
	struct span head = span_cut(body, 0, 512);
	return find(head, "<dns>") < head.len;
}

// The text between two words; R moves past the second. Empty with a NULL start: not there.
static struct span between(struct rd *r, const char *from, const char *to)
{
	struct span rest = rd_rest(r);
	size_t start = find(rest, from) + strlen(from);
	struct span tail = span_cut(rest, start, rest.len);
	size_t len = find(tail, to);
	if (start > rest.len || len == tail.len)
		return span_of(NULL, 0);
	rd_skip(r, start + len + strlen(to));
	return span_cut(tail, 0, len);
}

// At most what no element could begin in is passed over.
static void settle(struct rd *r)
{
	struct span rest = rd_rest(r);
	size_t open = find(rest, "<domain ");
	size_t keep = open < rest.len ? rest.len - open : 8;
	if (find(span_cut(rest, 0, open), "</dns>") < open)
		rd_fail(r, ERR_FORMAT);
	else if (keep > DOMAIN_MAX)
		rd_skip(r, open + 1);
	else if (rest.len > keep)
		rd_skip(r, rest.len - keep);
}

bool httpdns_domain_next(struct rd *r, struct httpdns_domain *out)
{
	for (;;) {
		struct rd from = *r;
		struct span rest = rd_rest(r);
		size_t open = find(rest, "<domain ");
		if (find(span_cut(rest, 0, open), "</dns>") < open)
			break;
		struct span element = between(r, "<domain ", "</domain>");
		if (element.at == NULL) {
			*r = from;
			break;
		}
		struct rd e = rd_of(element);
		out->name = between(&e, "name=\"", "\"");
		out->inside = rd_rest(&e);
		if (out->name.len > 0 && !text_is(out->name, "localhost"))
			return true;
	}
	settle(r);
	return false;
}

bool httpdns_addr_next(struct rd *r, struct addr *out)
{
	for (;;) {
		struct span text = between(r, "<ip", "</ip>");
		if (text.at == NULL)
			return false;
		struct span tag = text_cut(&text, '>');
		if (tag.at != NULL && addr_read(text_trim(text), out) == ERR_OK)
			return true;
	}
}
