// SPDX-License-Identifier: Apache-2.0
#include "wire/dns.h"

// The next record of the answer section, class IN; false at its end. Each pass goes through all of
// them, so their number is bounded: no packet can make it slow.
static bool answer_next(struct dns_walk *w, struct dns_record *out)
{
	while (dns_record_next(w, out) && out->section == DNS_ANSWER &&
	       w->done[DNS_ANSWER] <= DNS_RECORDS)
		if (out->class == 1)
			return true;
	return false;
}

// W stands before the records; it is taken by value, so that each pass begins there again.
static bool alias(struct dns_walk w, struct dns_name of, struct dns_name *to)
{
	struct dns_record r;
	while (answer_next(&w, &r))
		if (r.type == DNS_CNAME && dns_name_eq(r.name, of)) {
			*to = r.target;
			return true;
		}
	return false;
}

static void follow(struct dns_walk w, struct dns_answer *out)
{
	struct dns_name at = out->question.name;
	while (out->chain_count < DNS_CHAIN && alias(w, at, &at))
		out->chain[out->chain_count++] = at;
}

bool dns_answer_holds(const struct dns_answer *a, struct dns_name name)
{
	if (dns_name_eq(name, a->question.name))
		return true;
	for (size_t i = 0; i < a->chain_count; i++)
		if (dns_name_eq(name, a->chain[i]))
			return true;
	return false;
}

static void collect(struct dns_walk w, struct dns_answer *out)
{
	struct dns_record r;
	while (answer_next(&w, &r)) {
		size_t len = r.type == DNS_A ? 4 : r.type == DNS_AAAA ? 16 : 0;
		if (len == 0 || r.data.len != len || !dns_answer_holds(out, r.name))
			continue;
		if (out->addr_count == DNS_ADDRS)
			out->lost++;
		else
			out->addrs[out->addr_count++] = addr_of(r.data);
	}
}

enum err dns_answer_read(struct span message, struct dns_answer *out)
{
	struct dns_walk w;
	// Field by field: zeroing the arrays of every answer would cost more than reading it.
	out->chain_count = out->addr_count = out->lost = 0;
	enum err err = dns_walk_init(&w, message);
	if (err != ERR_OK)
		return err;
	out->head = w.head;
	if (!w.head.response || w.head.opcode != 0 || w.head.count[0] != 1)
		return ERR_MISSING;
	if (!dns_question_next(&w, &out->question))
		return w.r.err;
	follow(w, out);
	collect(w, out);
	return ERR_OK;
}
