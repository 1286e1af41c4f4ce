// SPDX-License-Identifier: Apache-2.0
#include "discover/question.h"

#include <string.h>

#include "base/text.h"

bool name_under(const struct dns_wire_name *base, uint64_t salt, struct dns_wire_name *out)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
	if (base->len == 0 || base->len + 13 > DNS_NAME)
		return false;
	struct dns_wire_name made = { .len = (uint8_t)(base->len + 13) };
	made.bytes[0] = 12;
	for (unsigned i = 0; i < 12; i++)
		made.bytes[1 + i] = (uint8_t)letters[salt >> 5 * i & 31];
	memcpy(made.bytes + 13, base->bytes, base->len);
	*out = made;
	return true;
}

bool question_is(struct span message, const struct dns_wire_name *name, uint16_t type)
{
	struct dns_walk w;
	struct dns_question q;
	const struct dns_name want = { span_of(name->bytes, name->len), 0 };
	return dns_walk_init(&w, message) == ERR_OK && dns_question_next(&w, &q) &&
	       q.type == type && dns_name_eq(q.name, want);
}

static bool in_prefix(const char *text, struct addr a)
{
	struct prefix p;
	return prefix_read(span_text(text), &p) == ERR_OK && prefix_holds(p, a);
}

static bool is_private(struct addr a)
{
	static const char *const ranges[] = { "10.0.0.0/8",     "100.64.0.0/10", "127.0.0.0/8",
					      "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
					      "224.0.0.0/4",    "240.0.0.0/4",   "::/96",
					      "fc00::/7",       "fe80::/10",     "ff00::/8" };
	for (size_t i = 0; i < COUNT(ranges); i++)
		if (in_prefix(ranges[i], a))
			return true;
	return false;
}

static bool among(struct addr a, const struct addr *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (addr_eq(a, list[i]))
			return true;
	return false;
}

enum resolver_round round_of(struct span message, const struct addr *right, size_t count,
			     uint8_t *rcode)
{
	struct dns_answer a;
	*rcode = 0;
	if (dns_answer_read(message, &a) != ERR_OK)
		return ROUND_UNREADABLE;
	*rcode = a.head.rcode;
	if (a.head.rcode != 0)
		return ROUND_RCODE;
	if (a.addr_count == 0)
		return ROUND_NO_ADDRESS;
	for (size_t i = 0; i < a.addr_count; i++)
		if (among(a.addrs[i], right, count))
			return ROUND_RIGHT;
	if (in_prefix("0.0.0.0/8", a.addrs[0]))
		return ROUND_ZERO;
	if (is_private(a.addrs[0]))
		return ROUND_PRIVATE;
	return count == 0 ? ROUND_RIGHT : ROUND_OTHER_ADDRESS;
}

static size_t put_text(struct span data, struct addr *out, size_t count, size_t cap)
{
	struct rd r = rd_of(data);
	while (rd_left(&r) > 0 && count < cap) {
		struct span text = rd_span(&r, rd_u8(&r));
		struct addr a;
		if (r.err == ERR_OK && addr_read(text, &a) == ERR_OK && !among(a, out, count))
			out[count++] = a;
	}
	return count;
}

size_t question_addrs(struct span message, struct addr *out, size_t cap)
{
	struct dns_walk w;
	struct dns_record r;
	struct dns_answer a;
	size_t count = 0;
	if (dns_answer_read(message, &a) != ERR_OK || a.head.rcode != 0)
		return 0;
	for (size_t i = 0; i < a.addr_count && count < cap; i++)
		if (!among(a.addrs[i], out, count))
			out[count++] = a.addrs[i];
	if (dns_walk_init(&w, message) != ERR_OK)
		return count;
	while (dns_record_next(&w, &r))
		if (r.section == DNS_ANSWER && r.type == DNS_TXT)
			count = put_text(r.data, out, count, cap);
	return count;
}

size_t question_names(struct span message, char (*out)[NAME_TEXT], size_t cap)
{
	struct dns_walk w;
	struct dns_record r;
	size_t count = 0;
	if (dns_walk_init(&w, message) != ERR_OK)
		return 0;
	while (dns_record_next(&w, &r)) {
		char text[DNS_TEXT];
		if (r.section != DNS_ANSWER || r.type != DNS_PTR || count == cap ||
		    dns_name_write(r.target, text) != ERR_OK)
			continue;
		if (text_copy(out[count], NAME_TEXT, span_text(text)) == ERR_OK)
			count++;
	}
	return count;
}
