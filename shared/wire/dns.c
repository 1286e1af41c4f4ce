// SPDX-License-Identifier: Apache-2.0
#include "wire/dns.h"

#include <stdio.h>
#include <string.h>

#include "base/macro.h"
#include "base/text.h"
#include "wire/be.h"
#include "wire/dns_query.h"

#define POINTER 0xc0

enum err dns_walk_init(struct dns_walk *w, struct span message)
{
	*w = (struct dns_walk){ .r = rd_of(message) };
	struct dns_head *h = &w->head;
	const struct span s = rd_span(&w->r, DNS_HEAD);
	if (s.len == 0)
		return w->r.err;
	h->id = be16_at(s.at);
	h->flags = be16_at(s.at + 2);
	h->response = (h->flags & 0x8000) != 0;
	h->truncated = (h->flags & 0x0200) != 0;
	h->opcode = h->flags >> 11 & 15;
	h->rcode = h->flags & 15;
	for (size_t i = 0; i < COUNT(h->count); i++)
		h->count[i] = be16_at(s.at + 4 + 2 * i);
	return ERR_OK;
}

// Where one label run goes on: the next label of N, or an empty one at its end. AT moves on, by
// pointers too; FLOOR is where the run began, which a pointer must undercut.
struct label_walk {
	struct span message;
	size_t at, floor, total;
	enum err err;
};

static struct label_walk label_walk(struct dns_name n)
{
	return (struct label_walk){ .message = n.message, .at = n.at, .floor = n.at };
}

static struct span broken(struct label_walk *w, enum err err)
{
	w->err = err;
	return span_of(NULL, 0);
}

static struct span label_next(struct label_walk *w)
{
	const struct span m = w->message;
	while (w->at < m.len && m.at[w->at] >= POINTER) {
		if (w->at + 2 > m.len)
			return broken(w, ERR_SHORT);
		size_t to = be16_at(m.at + w->at) & 0x3fffu;
		if (to >= w->floor)
			return broken(w, ERR_FORMAT);
		w->at = w->floor = to;
	}
	if (w->at >= m.len)
		return broken(w, ERR_SHORT);
	size_t len = m.at[w->at];
	if (len > 63)
		return broken(w, ERR_FORMAT);
	if (w->at + 1 + len > m.len)
		return broken(w, ERR_SHORT);
	w->total += len + 1;
	if (w->total > DNS_NAME)
		return broken(w, ERR_FORMAT);
	struct span label = span_of(m.at + w->at + 1, len);
	w->at += len + 1;
	return label;
}

// Passes over a name in the message without following pointers.
static struct dns_name skip_name(struct rd *r)
{
	struct dns_name n = { .message = r->in, .at = r->pos };
	for (;;) {
		uint8_t len = rd_u8(r);
		if (r->err != ERR_OK || len == 0)
			break;
		if (len >= POINTER) {
			rd_skip(r, 1);
			break;
		}
		if (len > 63)
			rd_fail(r, ERR_FORMAT);
		rd_skip(r, len);
	}
	return n;
}

bool dns_question_next(struct dns_walk *w, struct dns_question *out)
{
	*out = (struct dns_question){ 0 };
	if (w->r.err != ERR_OK || w->done[0] == w->head.count[0])
		return false;
	out->name = skip_name(&w->r);
	const struct span s = rd_span(&w->r, 4);
	w->done[0]++;
	if (s.len == 0)
		return false;
	out->type = be16_at(s.at);
	out->class = be16_at(s.at + 2);
	return true;
}

static bool section(struct dns_walk *w, enum dns_section *out)
{
	struct dns_question passed;
	while (w->done[0] != w->head.count[0] && dns_question_next(w, &passed))
		continue;
	for (enum dns_section s = DNS_ANSWER; s <= DNS_ADDITIONAL; s++) {
		if (w->done[s] == w->head.count[s])
			continue;
		w->done[s]++;
		*out = s;
		return w->r.err == ERR_OK;
	}
	return false;
}

bool dns_record_next(struct dns_walk *w, struct dns_record *out)
{
	*out = (struct dns_record){ 0 };
	if (!section(w, &out->section))
		return false;
	out->name = skip_name(&w->r);
	const struct span s = rd_span(&w->r, 10);
	if (s.len == 0)
		return false;
	out->type = be16_at(s.at);
	out->class = be16_at(s.at + 2);
	out->ttl = be32_at(s.at + 4);
	out->target = (struct dns_name){ .message = w->r.in, .at = w->r.pos };
	out->data = rd_span(&w->r, be16_at(s.at + 8));
	return w->r.err == ERR_OK;
}

// Letters, digits, hyphen and underline: nearly all there are.
static bool stands_for_itself(uint8_t c)
{
	static const uint64_t set[4] = { UINT64_C(0x03ff200000000000),
					 UINT64_C(0x07fffffe87fffffe) };
	return (set[c >> 6] >> (c & 63) & 1) != 0;
}

// One byte of a label; the escaped ones are those with a meaning in master files (RFC 1035 5.1).
static size_t escape(uint8_t c, char *out)
{
	if (c <= ' ' || c >= 0x7f)
		return (size_t)sprintf(out, "\\%03u", c);
	size_t len = 0;
	if (strchr("\"().;\\@$", c) != NULL)
		out[len++] = '\\';
	out[len] = (char)c;
	return len + 1;
}

static size_t label_write(struct span label, char *out)
{
	size_t len = 0;
	for (; len < label.len && stands_for_itself(label.at[len]); len++)
		out[len] = (char)label.at[len];
	for (size_t i = len; i < label.len; i++)
		len += escape(label.at[i], out + len);
	return len;
}

enum err dns_name_write(struct dns_name n, char out[static DNS_TEXT])
{
	struct label_walk w = label_walk(n);
	size_t len = 0;
	for (;;) {
		struct span label = label_next(&w);
		if (label.len == 0)
			break;
		if (len > 0)
			out[len++] = '.';
		len += label_write(label, out + len);
	}
	if (w.err == ERR_OK && len == 0)
		out[len++] = '.';
	out[w.err == ERR_OK ? len : 0] = '\0';
	return w.err;
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool label_eq(struct span a, struct span b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (lower(a.at[i]) != lower(b.at[i]))
			return false;
	return true;
}

bool dns_name_eq(struct dns_name a, struct dns_name b)
{
	struct label_walk v = label_walk(a), w = label_walk(b);
	for (;;) {
		struct span x = label_next(&v), y = label_next(&w);
		if (v.err != ERR_OK || w.err != ERR_OK || !label_eq(x, y))
			return false;
		if (x.len == 0)
			return true;
	}
}

// One table both ways: what is not in it is TYPEnnn (RFC 3597).
static const struct {
	uint16_t type;
	const char *name;
} types[] = {
	{ 1, "A" },           { 2, "NS" },      { 5, "CNAME" },   { 6, "SOA" },
	{ 10, "NULL" },       { 12, "PTR" },    { 13, "HINFO" },  { 15, "MX" },
	{ 16, "TXT" },        { 17, "RP" },     { 28, "AAAA" },   { 29, "LOC" },
	{ 33, "SRV" },        { 35, "NAPTR" },  { 37, "CERT" },   { 39, "DNAME" },
	{ 41, "OPT" },        { 43, "DS" },     { 44, "SSHFP" },  { 46, "RRSIG" },
	{ 47, "NSEC" },       { 48, "DNSKEY" }, { 50, "NSEC3" },  { 51, "NSEC3PARAM" },
	{ 52, "TLSA" },       { 53, "SMIMEA" }, { 59, "CDS" },    { 60, "CDNSKEY" },
	{ 61, "OPENPGPKEY" }, { 62, "CSYNC" },  { 63, "ZONEMD" }, { 64, "SVCB" },
	{ 65, "HTTPS" },      { 99, "SPF" },    { 252, "AXFR" },  { 255, "ANY" },
	{ 256, "URI" },       { 257, "CAA" },
};

const char *dns_type_name(uint16_t type)
{
	for (size_t i = 0; i < COUNT(types); i++)
		if (types[i].type == type)
			return types[i].name;
	return NULL;
}

static bool same_word(struct span text, const char *word)
{
	size_t i = 0;
	for (; i < text.len && word[i] != '\0'; i++)
		if (lower(text.at[i]) != lower((uint8_t)word[i]))
			return false;
	return i == text.len && word[i] == '\0';
}

enum err dns_type_read(struct span text, uint16_t *out)
{
	uint64_t v = 0;
	for (size_t i = 0; i < COUNT(types); i++) {
		if (!same_word(text, types[i].name))
			continue;
		*out = types[i].type;
		return ERR_OK;
	}
	if (text.len > 4 && same_word(span_cut(text, 0, 4), "TYPE"))
		text = span_cut(text, 4, text.len);
	enum err err = text_u64(text, 0, UINT16_MAX, &v);
	*out = (uint16_t)v;
	return err;
}
