// SPDX-License-Identifier: Apache-2.0
#include "lab/crowd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "base/text.h"
#include "lab/crowd_part.h"

#define TTL_CDN    30
#define TTL_SITE   300
#define TTL_NAME   3600
#define EDE_OPTION 15
#define WRONG      0x2a5c // what a wrong ID is wrong by

// A rate-limited resolver answers so many at once.
struct bucket {
	double tokens;
	struct mono at;
	bool used;
};

struct crowd {
	const struct world *w;
	int host;
	struct crowd_names *names;
	struct crowd_signed *sealed;
	struct bucket *buckets; // of every member of every crowd, by base
	size_t base[WORLD_CROWDS_MAX];
	uint64_t turn;
};

struct crowd *crowd_new(const struct world *w, int host)
{
	struct crowd *c = calloc(1, sizeof(*c));
	size_t total = 0;

	if (!c)
		return NULL;
	c->w = w;
	c->host = host;
	for (int i = 0; i < w->crowd_count; i++) {
		c->base[i] = total;
		total += (size_t)w->crowds[i].count;
	}
	c->buckets = calloc(total ? total : 1, sizeof(*c->buckets));
	c->names = crowd_names_new(w);
	c->sealed = crowd_signed_new(w);
	if (!c->buckets || !c->names || !c->sealed)
		crowd_free(&c);
	return c;
}

void crowd_free(struct crowd **c)
{
	if (!*c)
		return;
	crowd_names_free(&(*c)->names);
	crowd_signed_free(&(*c)->sealed);
	free((*c)->buckets);
	free(*c);
	*c = NULL;
}

bool crowd_next(const struct crowd *c, size_t *at, struct wr *question)
{
	return crowd_signed_next(c->sealed, at, question);
}

void crowd_learn(struct crowd *c, struct span answer)
{
	crowd_signed_put(c->sealed, answer);
}

static bool limited(struct crowd *c, const struct world_crowd *of, int member, struct mono now)
{
	struct bucket *b = &c->buckets[c->base[of - c->w->crowds] + (size_t)member];

	if (of->rate <= 0)
		return false;
	if (!b->used)
		b->tokens = of->rate;
	else if (mono_before(b->at, now))
		b->tokens += (double)mono_since(now, b->at) / 1e9 * of->rate;
	if (b->tokens > of->rate)
		b->tokens = of->rate;
	b->at = now;
	b->used = true;
	if (b->tokens < 1)
		return true;
	b->tokens -= 1;
	return false;
}

// An answer in the making.
struct reply {
	const struct world_crowd *of;
	int member;
	const struct ask *ask;
	struct addr place; // for which a CDN answers
	struct addr egress;
	struct ask_head head;
	struct wr records;
	int ede;
	uint8_t scope; // of the client subnet
};

static void put_addr(struct reply *r, struct addr a, uint32_t ttl)
{
	ask_addr_write(&r->records, a, ttl);
	r->head.answers++;
}

static void put_false(struct reply *r, const struct world_false *f, uint64_t turn)
{
	bool v6 = r->ask->type == DNS_AAAA;
	int count = v6 ? f->v6_count : f->v4_count;

	if (count > 0)
		put_addr(r, (v6 ? f->v6 : f->v4)[turn % (unsigned)count], TTL_SITE);
}

static uint8_t lie_rcode(enum world_lie lie)
{
	return lie == LIE_NXDOMAIN ? 3 : lie == LIE_SERVFAIL ? 2 : lie == LIE_REFUSED ? 5 : 0;
}

static void domain_family(struct crowd *c, struct reply *r, const struct world_domain *d,
			  int family)
{
	struct addr addrs[WORLD_ANSWERS_MAX];
	bool pool = d->pool4.addr.family || d->pool6.addr.family;
	struct addr place = d->whoami ? r->egress : r->place;
	uint32_t ttl = d->whoami ? 0 : pool ? TTL_CDN : TTL_SITE;
	int count = world_domain_addrs(c->w, d, place, family, c->turn++, addrs);

	r->scope = pool ? (r->ask->opt.subnet.addr.family == 6 ? 56 : 24) : 0;
	for (int i = 0; i < count; i++)
		put_addr(r, addrs[i], ttl);
}

static void domain_true(struct crowd *c, struct reply *r, const struct world_domain *d)
{
	uint16_t type = r->ask->type;

	if (d->dnssec && strcmp(d->name, r->ask->name) == 0 && r->ask->opt.dnssec) {
		int count = crowd_signed_write(c->sealed, d, type, &r->records);
		r->head.answers = (uint16_t)count;
		// The authority's own answer, as a resolver that validated it hands it on.
		r->head.validated = count > 0 && r->of->does != DOES_AUTHORITY;
		if (count > 0)
			return;
	}
	if (type == DNS_A || type == CROWD_ANY)
		domain_family(c, r, d, 4);
	if (type == DNS_AAAA || type == CROWD_ANY)
		domain_family(c, r, d, 6);
}

static bool domain_reply(struct crowd *c, struct reply *r, const struct world_domain *d)
{
	const struct world_crowd *liar = world_crowd_liar(c->w, r->of, d);
	enum world_lie lie = liar ? liar->lie : LIE_NONE;

	if (lie == LIE_SILENCE)
		return false;
	r->ede = liar ? liar->ede : 0;
	r->head.rcode = lie_rcode(lie);
	if (lie == LIE_WRONG_ID)
		r->head.id ^= WRONG;
	if (lie == LIE_PAGE || lie == LIE_BOGON)
		put_false(r, &liar->addrs, c->turn++);
	else if (lie == LIE_NONE || lie == LIE_WRONG_ID)
		domain_true(c, r, d);
	return true;
}

static bool name_reply(struct crowd *c, struct reply *r)
{
	const struct world_domain *d = world_domain_find(c->w, r->ask->name);
	int count;

	if (d)
		return domain_reply(c, r, d);
	count = crowd_names_write(c->names, r->ask, TTL_NAME, &r->records);
	r->head.rcode = count < 0 ? 3 : 0;
	r->head.answers = (uint16_t)(count < 0 ? 0 : count);
	return true;
}

static void option(struct wr *w, uint16_t code, struct span body)
{
	wr_u16(w, code);
	wr_u16(w, (uint16_t)body.len);
	wr_bytes(w, body);
}

static void opt_write(const struct reply *r, struct wr *w)
{
	uint8_t room[300];
	struct wr data = wr_of(room, sizeof(room));
	uint8_t ede[2] = { (uint8_t)(r->ede >> 8), (uint8_t)r->ede };
	char name[64];

	if (r->ede)
		option(&data, EDE_OPTION, span_of(ede, sizeof(ede)));
	if (r->ask->opt.has_nsid) {
		snprintf(name, sizeof(name), "%.40s-%d", r->of->name, r->member + 1);
		option(&data, 3, span_text(name));
	}
	if (r->ask->opt.has_subnet)
		dns_subnet_write(&data, &r->ask->opt.subnet, r->scope);
	wr_u8(w, 0);
	wr_u16(w, DNS_OPT);
	wr_u16(w, 1232);
	wr_u32(w, r->ask->opt.dnssec ? 0x8000 : 0);
	wr_u16(w, (uint16_t)data.len);
	wr_bytes(w, wr_span(&data));
}

static bool reply_write(struct reply *r, bool stream, struct crowd_answer *out)
{
	struct wr w = wr_of(out->bytes, sizeof(out->bytes));

	r->head.additional = r->ask->edns ? 1 : 0;
	r->head.authoritative = r->of->does == DOES_AUTHORITY;
	if (!stream && DNS_HEAD + r->ask->question.len + r->records.len + 100 > r->ask->room) {
		r->head.truncated = true;
		r->head.answers = 0;
		r->records.len = 0;
	}
	ask_head_write(&w, r->ask, r->head);
	wr_bytes(&w, wr_span(&r->records));
	if (r->ask->edns)
		opt_write(r, &w);
	out->len = w.len;
	return w.err == ERR_OK && r->records.err == ERR_OK;
}

bool crowd_hear(struct crowd *c, const struct crowd_question *q, struct mono now,
		struct crowd_answer *out)
{
	uint8_t room[CROWD_ANSWER_MAX];
	struct ask ask;
	int member;
	const struct world_crowd *of = world_crowd_find(c->w, q->asked, &member);

	if (!of || of->does == DOES_NOBODY || c->w->nets[of->net].host != c->host ||
	    limited(c, of, member, now) || ask_read(q->message, &ask) != ERR_OK)
		return false;
	struct reply r = { .of = of,
			   .member = member,
			   .ask = &ask,
			   .head = { .id = ask.id },
			   .records = wr_of(room, sizeof(room)) };
	r.egress = of->does == DOES_AUTHORITY ? q->asker : world_crowd_egress(c->w, of, member);
	r.place = ask.opt.has_subnet ? ask.opt.subnet.addr : r.egress;
	out->from = of->does == DOES_TRANSPARENT && !q->stream ? r.egress : q->asked;
	return name_reply(c, &r) && reply_write(&r, q->stream, out);
}
