// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "lab/crowd_part.h"

#define TYPE_DNSKEY 48
#define RECORDS_MAX 1100

static const uint16_t types[] = { DNS_A, DNS_AAAA, TYPE_DNSKEY };

// The answer section of one signed answer. Its names are the question's or plain, so it stands in
// any message that has the same question.
struct entry {
	const struct world_domain *domain;
	uint16_t type, len;
	int count; // 0: not known yet
	uint8_t records[RECORDS_MAX];
};

struct crowd_signed {
	struct entry *entries;
	size_t count;
};

struct crowd_signed *crowd_signed_new(const struct world *w)
{
	struct crowd_signed *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->entries = calloc((size_t)w->domain_count * COUNT(types) + 1, sizeof(*s->entries));
	for (int i = 0; s->entries && i < w->domain_count; i++)
		for (size_t k = 0; w->domains[i].dnssec && k < COUNT(types); k++) {
			struct entry *e = &s->entries[s->count++];
			e->domain = &w->domains[i];
			e->type = types[k];
		}
	if (!s->entries)
		crowd_signed_free(&s);
	return s;
}

void crowd_signed_free(struct crowd_signed **s)
{
	if (!*s)
		return;
	free((*s)->entries);
	free(*s);
	*s = NULL;
}

bool crowd_signed_next(const struct crowd_signed *s, size_t *at, struct wr *question)
{
	for (; *at < s->count; ++*at) {
		const struct entry *e = &s->entries[*at];
		struct dns_wire_name name;
		if (e->count > 0 || dns_name_read(span_text(e->domain->name), &name) != ERR_OK)
			continue;
		const struct dns_query q = { .id = (uint16_t)(++*at),
					     .name = span_of(name.bytes, name.len),
					     .type = e->type,
					     .edns = true,
					     .dnssec = true };
		return dns_query_write(question, &q) == ERR_OK;
	}
	return false;
}

// Every record belongs to the question's name, by the pointer to it.
static bool records_read(struct dns_walk *walk, size_t begin, struct entry *e)
{
	struct dns_record record;
	size_t end = begin;
	int count = 0;

	while (dns_record_next(walk, &record) && record.section == DNS_ANSWER) {
		const uint8_t *name = record.name.message.at + record.name.at;
		if (name[0] != 0xc0 || name[1] != DNS_HEAD ||
		    (record.type != e->type && record.type != DNS_RRSIG))
			return false;
		end = walk->r.pos;
		count++;
	}
	if (count == 0 || end - begin > sizeof(e->records))
		return false;
	memcpy(e->records, walk->r.in.at + begin, end - begin);
	e->len = (uint16_t)(end - begin);
	e->count = count;
	return true;
}

void crowd_signed_put(struct crowd_signed *s, struct span answer)
{
	struct dns_walk walk;
	struct dns_question q;
	char name[DNS_TEXT];

	if (dns_walk_init(&walk, answer) != ERR_OK || !walk.head.response || walk.head.rcode ||
	    walk.head.id == 0 || walk.head.id > s->count || !dns_question_next(&walk, &q) ||
	    dns_name_write(q.name, name) != ERR_OK)
		return;
	struct entry *e = &s->entries[walk.head.id - 1];
	if (strcmp(name, e->domain->name) == 0 && q.type == e->type)
		(void)records_read(&walk, walk.r.pos, e);
}

int crowd_signed_write(const struct crowd_signed *s, const struct world_domain *d, uint16_t type,
		       struct wr *records)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct entry *e = &s->entries[i];
		if (e->domain != d || e->type != type)
			continue;
		wr_bytes(records, span_of(e->records, e->len));
		return e->count;
	}
	return 0;
}
