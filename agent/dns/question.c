// SPDX-License-Identifier: Apache-2.0
//
// The question of a try, and whether a packet repeats it.
#include <string.h>

#include "dns/state.h"
#include "wire/be.h"

struct span dns_question_name(const struct dns_scan *s, const struct dns_slot *t,
			      enum dns_role role)
{
	if (role != DNS_TEST)
		return span_of(s->control.bytes, s->control.len);
	return dns_list_name(s->c.names, t->domain);
}

uint16_t dns_question_type(const struct dns_scan *s, struct span name, uint32_t type)
{
	uint16_t said = s->c.types[type];
	return said != 0 ? said : dns_name_type(name);
}

static uint16_t type_of(const struct dns_scan *s, const struct dns_slot *t, enum dns_role role,
			struct span name)
{
	return role == DNS_TEST ? dns_question_type(s, name, t->type) : (uint16_t)DNS_A;
}

static uint64_t case_seed(const struct dns_slot *t, unsigned attempt)
{
	return (t->salt + attempt + 1) * 0x9e3779b97f4a7c15u;
}

size_t dns_question_asked(const struct dns_scan *s, const struct dns_slot *t, unsigned attempt,
			  uint8_t out[static DNS_NAME + 4])
{
	enum dns_role role = (enum dns_role)t->attempts[attempt].role;
	struct span name = dns_question_name(s, t, role);
	memcpy(out, name.at, name.len);
	if ((s->c.options & DNS_CASE) != 0)
		dns_name_mix(out, name.len, case_seed(t, attempt));
	be16_put(out + name.len, type_of(s, t, role, name));
	be16_put(out + name.len + 2, 1);
	return name.len + 4;
}

size_t dns_question_put(const struct dns_scan *s, const struct dns_slot *t, unsigned attempt,
			uint8_t out[static DNS_QUERY_MAX])
{
	struct wr w = wr_of(out, DNS_QUERY_MAX);
	enum dns_role role = (enum dns_role)t->attempts[attempt].role;
	struct span name = dns_question_name(s, t, role);
	const struct dns_query q = {
		.id = dns_slot_id(t, attempt),
		.name = name,
		.type = type_of(s, t, role, name),
		.recurse = (s->c.options & DNS_RECURSE) != 0,
		.no_check = (s->c.options & DNS_NO_CHECK) != 0,
		.edns = (s->c.options & DNS_EDNS) != 0,
		.dnssec = (s->c.options & DNS_DO) != 0,
		.nsid = (s->c.options & DNS_NSID) != 0,
		.subnet = s->c.subnet,
		.size = s->c.size,
	};
	if (dns_query_write(&w, &q) != ERR_OK)
		return 0;
	if ((s->c.options & DNS_CASE) != 0)
		dns_name_mix(out + DNS_QUERY_NAME, q.name.len, case_seed(t, attempt));
	return w.len;
}

// Letter case apart. Wire names: length bytes stay below 'A' and compare as they are.
static bool alike(const uint8_t *a, const uint8_t *b, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint8_t x = a[i] >= 'A' && a[i] <= 'Z' ? (uint8_t)(a[i] | 0x20) : a[i];
		uint8_t y = b[i] >= 'A' && b[i] <= 'Z' ? (uint8_t)(b[i] | 0x20) : b[i];
		if (x != y)
			return false;
	}
	return true;
}

// DNS_MARK_QUESTION and DNS_MARK_CASE, as they apply to the one question of MESSAGE.
uint32_t dns_question_check(const struct dns_scan *s, const struct dns_slot *t, unsigned attempt,
			    struct span message)
{
	uint8_t asked[DNS_NAME + 4];
	size_t len = dns_question_asked(s, t, attempt, asked);
	if (message.len < DNS_HEAD + len || message.at[4] != 0 || message.at[5] != 1)
		return 0;
	const uint8_t *at = message.at + DNS_HEAD;
	if (memcmp(at, asked, len) == 0)
		return DNS_MARK_QUESTION | DNS_MARK_CASE;
	if (memcmp(at + len - 4, asked + len - 4, 4) != 0 || !alike(at, asked, len - 4))
		return 0;
	return DNS_MARK_QUESTION;
}
