// SPDX-License-Identifier: Apache-2.0
//
// What came in on a path, and when the path is long enough.
#include <string.h>

#include "dns/path_part.h"

#define PAST 2 // TTLs asked past the one at which both were answered

// A TTL at which control and test are both answered is the end, but for a few more.
static void look_for_end(struct dns_paths *p, struct dns_path *h)
{
	uint8_t at[2] = { 0, 0 };
	for (uint32_t i = 2; i < h->tries; i++) {
		uint8_t *t = &at[h->role[i] == DNS_TEST];
		if (h->outcome[i] == DNS_TRY_ANSWERED && (*t == 0 || h->ttl[i] < *t))
			*t = h->ttl[i];
	}
	// A test that nobody answers in full will not be answered by the hops, either.
	bool dumb = h->outcome[1] != DNS_TRY_ANSWERED;
	if (at[0] == 0 || (at[1] == 0 && !dumb))
		return;
	uint8_t last = at[0] > at[1] ? at[0] : at[1];
	if (last + PAST < h->end)
		h->end = (uint8_t)(last + PAST);
	(void)p;
}

void dns_path_settle(struct dns_paths *p, struct dns_path *h, uint32_t i, enum dns_outcome outcome,
		     enum dns_error e)
{
	if (h->outcome[i] != DNS_OUTCOME_UNKNOWN)
		return;
	h->outcome[i] = (uint8_t)outcome;
	h->error[i] = (uint8_t)e;
	h->under_way--;
	if (outcome == DNS_TRY_ANSWERED)
		look_for_end(p, h);
}

static uint8_t source_of(struct dns_path *h, struct span a)
{
	for (size_t i = 0; i < h->source_count; i++)
		if (memcmp(h->sources + i * a.len, a.at, a.len) == 0)
			return (uint8_t)(i + 1);
	memcpy(h->sources + h->source_count * a.len, a.at, a.len);
	return (uint8_t)++h->source_count;
}

static bool keep(struct dns_paths *p, struct dns_path *h, uint32_t i, struct mono at,
		 const struct dns_heard *heard, uint32_t mark)
{
	struct addr asked = dns_list_server(p->c.servers, h->resolver).addr;
	uint32_t n = h->answers;
	if (n == ANSWERS || h->wires_len + heard->message.len > WIRES_MAX) {
		h->lost++;
		return false;
	}
	bool other = !addr_eq(heard->from, asked);
	h->of[n] = (uint8_t)(i + 1);
	h->ref[n] = other ? source_of(h, addr_span(&heard->from)) : 0;
	h->at_us[n] = dns_path_us(h, at);
	h->answer_ttl[n] = heard->ttl;
	h->ip_id[n] = heard->ip_id;
	h->mark[n] = mark | (other ? (uint32_t)DNS_MARK_OTHER_SOURCE : 0) |
		     (heard->dont_fragment ? (uint32_t)DNS_MARK_DONT_FRAGMENT : 0);
	h->flags[n] = heard->message.len < 4 || (mark & DNS_MARK_ICMP) != 0
			      ? 0
			      : (uint32_t)heard->message.at[2] << 8 | heard->message.at[3];
	h->length[n] = (uint32_t)heard->message.len;
	if (heard->message.len > 0)
		memcpy(h->wires + h->wires_len, heard->message.at, heard->message.len);
	h->wires_len += heard->message.len;
	h->answers++;
	return true;
}

static struct dns_path *path_of(struct dns_paths *p, uint32_t index, uint16_t id, uint32_t *attempt)
{
	if (index >= p->c.ports || !p->paths[index].busy)
		return NULL;
	struct dns_path *h = &p->paths[index];
	*attempt = (uint32_t)(id ^ h->salt);
	return *attempt < h->tries ? h : NULL;
}

// Whether MESSAGE answers what try I asked.
static bool answers(struct dns_paths *p, struct dns_path *h, uint32_t i, struct span m)
{
	struct dns_walk w, ours;
	struct dns_question q, asked;
	size_t len = dns_path_question(p, h, i);
	if (dns_walk_init(&w, m) != ERR_OK || !w.head.response || !dns_question_next(&w, &q))
		return false;
	return dns_walk_init(&ours, span_of(p->message, len)) == ERR_OK &&
	       dns_question_next(&ours, &asked) && q.type == asked.type &&
	       dns_name_eq(q.name, asked.name);
}

void dns_paths_hear(struct dns_paths *p, struct mono at, const struct dns_heard *heard)
{
	uint32_t i;
	const struct span m = heard->message;
	struct dns_path *h =
		m.len < 2 ? NULL
			  : path_of(p, heard->port_index, (uint16_t)(m.at[0] << 8 | m.at[1]), &i);
	if (h == NULL)
		return;
	bool good = answers(p, h, i, m);
	uint32_t mark = DNS_MARK_ID | (good ? (uint32_t)DNS_MARK_QUESTION | DNS_MARK_CASE : 0);
	if (h->outcome[i] != DNS_OUTCOME_UNKNOWN && h->outcome[i] != DNS_TRY_ANSWERED)
		mark |= DNS_MARK_LATE;
	if (!keep(p, h, i, at, heard, mark) || !good || h->outcome[i] == DNS_TRY_ANSWERED)
		return;
	// A router's complaint may come before the answer an injector made farther out.
	if (h->outcome[i] != DNS_OUTCOME_UNKNOWN) {
		h->outcome[i] = DNS_OUTCOME_UNKNOWN;
		h->under_way++;
	}
	h->first[i] = (uint8_t)h->answers;
	h->rcode[i] = (uint8_t)((m.at[3] & 15) + 1);
	dns_path_settle(p, h, i, DNS_TRY_ANSWERED, DNS_ERROR_NONE);
}

void dns_paths_icmp(struct dns_paths *p, struct mono at, const struct dns_icmp *m)
{
	uint32_t i;
	struct dns_path *h = path_of(p, m->port_index, m->id, &i);
	if (h == NULL || !addr_eq(m->asked, dns_list_server(p->c.servers, h->resolver).addr))
		return;
	const struct dns_heard heard = { .from = m->from, .ttl = m->ttl, .message = m->message };
	if (keep(p, h, i, at, &heard, DNS_MARK_ICMP) && h->first[i] == 0)
		h->first[i] = (uint8_t)h->answers;
	dns_path_settle(p, h, i, DNS_TRY_ERROR, m->error);
}

void dns_paths_fail(struct dns_paths *p, struct dns_handle to, enum dns_error e)
{
	if (to.slot >= p->c.ports || !p->paths[to.slot].busy || p->paths[to.slot].epoch != to.epoch)
		return;
	dns_path_settle(p, &p->paths[to.slot], to.attempt, DNS_TRY_ERROR, e);
}
