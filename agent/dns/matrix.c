// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "dns/matrix_part.h"

static const char *const fates[] = { "ask",    "silent",      "refusing",
				     "denied", "interrupted", "no_route" };
_Static_assert(COUNT(fates) == DNS_FATE_COUNT, "every fate has a name");

const char *dns_fate_name(enum dns_fate f)
{
	return fates[f];
}

static void queue(struct dns_matrix *m, uint32_t r)
{
	m->resolvers[r].place = PLACE_QUEUE;
	m->resolvers[r].link = NOBODY;
	if (m->first == NOBODY)
		m->first = r;
	else
		m->resolvers[m->last].link = r;
	m->last = r;
}

static void unqueue(struct dns_matrix *m)
{
	m->first = m->resolvers[m->first].link;
}

static uint32_t questions_of(const struct dns_matrix *m, uint32_t r)
{
	const struct dns_wanted *w = m->c.wanted;
	if (w == NULL)
		return m->c.domains * m->c.types;
	return (dns_wanted_first(w, r + 1) - dns_wanted_first(w, r)) * m->c.types;
}

uint32_t dns_matrix_share(const struct dns_matrix *m, uint32_t r)
{
	if (!m->c.spread)
		return questions_of(m, r) * m->c.repetitions;
	uint32_t n = m->resolvers[r].asking;
	for (size_t i = 0; i < DNS_STATE_COUNT; i++)
		n += m->by_resolver[r][i];
	return n;
}

static bool has_more(const struct dns_matrix *m, uint32_t r)
{
	const struct resolver *s = &m->resolvers[r];
	if (!m->c.spread)
		return s->taken < questions_of(m, r) * m->c.repetitions;
	if (s->taken % m->c.repetitions != 0)
		return true; // the repetitions of a question stay together
	return m->given < m->pairs && (s->fate == DNS_FATE_ASK || m->alive == 0);
}

struct dns_matrix *dns_matrix_new(const struct dns_matrix_config *c)
{
	struct dns_matrix *m = calloc(1, sizeof(*m));
	if (m == NULL || c->resolvers == 0)
		goto fail;
	m->c = *c;
	m->pairs = (uint64_t)c->types * c->repetitions;
	if (c->wanted != NULL)
		m->pairs *= dns_wanted_count(c->wanted);
	else
		m->pairs *= (uint64_t)c->domains * (c->spread ? 1 : c->resolvers);
	m->first = m->last = NOBODY;
	m->alive = c->resolvers;
	heap_init(&m->waiting, (size_t)c->resolvers * 2 + 16);
	m->resolvers = calloc(c->resolvers, sizeof(*m->resolvers));
	m->done = calloc(1, m->pairs / 8 + 1);
	m->by_resolver = calloc(c->resolvers, sizeof(*m->by_resolver));
	if (!c->spread)
		m->by_domain = calloc(c->domains + 1, sizeof(*m->by_domain));
	if (m->resolvers == NULL || m->done == NULL || m->by_resolver == NULL ||
	    (m->by_domain == NULL && !c->spread))
		goto fail;
	for (uint32_t r = 0; r < c->resolvers; r++) {
		m->resolvers[r].until = INT64_MIN;
		m->resolvers[r].place = PLACE_NOTHING;
		if (has_more(m, r))
			queue(m, r);
	}
	return m;
fail:
	dns_matrix_free(&m);
	return NULL;
}

void dns_matrix_free(struct dns_matrix **out)
{
	struct dns_matrix *m = *out;
	if (m == NULL)
		return;
	heap_wipe(&m->waiting);
	free(m->resolvers);
	free(m->done);
	free(m->by_resolver);
	free(m->by_domain);
	free(m);
	*out = NULL;
}

uint64_t dns_matrix_pairs(const struct dns_matrix *m)
{
	return m->pairs;
}

uint64_t dns_matrix_left(const struct dns_matrix *m)
{
	return m->pairs - m->done_count;
}

// Pair number AT of resolver R: each begins elsewhere, so that no name is asked everywhere at once.
static struct dns_pick pick_of(const struct dns_matrix *m, uint32_t r, uint32_t at)
{
	uint32_t question = at / m->c.repetitions;
	if (!m->c.spread) {
		uint64_t turn = ((uint64_t)r + m->c.seed) * 0x9e3779b97f4a7c15u >> 20;
		uint32_t all = questions_of(m, r);
		question = (uint32_t)((question + turn % all) % all);
	}
	uint32_t domain = question / m->c.types;
	if (m->c.wanted != NULL)
		domain = dns_wanted_name(m->c.wanted, dns_wanted_first(m->c.wanted, r) + domain);
	return (struct dns_pick){ .resolver = r,
				  .domain = domain,
				  .type = question % m->c.types,
				  .repetition = at % m->c.repetitions };
}

static uint64_t bit_of(const struct dns_matrix *m, const struct dns_pick *p)
{
	uint64_t asked = p->domain;
	if (m->c.wanted != NULL)
		asked = dns_wanted_find(m->c.wanted, p->resolver, p->domain);
	else if (!m->c.spread)
		asked += (uint64_t)p->resolver * m->c.domains;
	return (asked * m->c.types + p->type) * m->c.repetitions + p->repetition;
}

static bool is_done(const struct dns_matrix *m, const struct dns_pick *p)
{
	uint64_t bit = bit_of(m, p);
	return (m->done[bit / 8] & 1 << bit % 8) != 0;
}

static void wait_until(struct dns_matrix *m, uint32_t r, struct mono until)
{
	m->resolvers[r].place = PLACE_HEAP;
	// Sized for all resolvers at once: a lack of memory only makes it come sooner.
	if (heap_put(&m->waiting, until, r) != ERR_OK)
		queue(m, r);
}

static void wake(struct dns_matrix *m, struct mono now)
{
	struct heap_item item;
	while (heap_take(&m->waiting, now, &item))
		if (m->resolvers[item.id].place == PLACE_HEAP)
			queue(m, (uint32_t)item.id);
}

static uint32_t take_at(struct dns_matrix *m, struct resolver *s)
{
	if (m->c.spread && s->taken % m->c.repetitions == 0) {
		s->taken = m->given;
		m->given += m->c.repetitions;
	}
	return s->taken++;
}

bool dns_matrix_next(struct dns_matrix *m, struct mono now, uint32_t *out, enum dns_fate *fate)
{
	wake(m, now);
	while (m->first != NOBODY) {
		uint32_t r = m->first;
		struct resolver *s = &m->resolvers[r];
		*out = r;
		*fate = (enum dns_fate)s->fate;
		if (has_more(m, r) && (s->fate != DNS_FATE_ASK || s->until <= now.ns))
			return true;
		unqueue(m);
		s->place = PLACE_NOTHING;
		if (has_more(m, r))
			wait_until(m, r, (struct mono){ s->until });
	}
	return false;
}

void dns_matrix_delay(struct dns_matrix *m, uint32_t r, struct mono until)
{
	unqueue(m);
	wait_until(m, r, until);
}

struct mono dns_matrix_due(const struct dns_matrix *m)
{
	return m->first != NOBODY ? (struct mono){ INT64_MIN } : heap_first(&m->waiting);
}

// While it is on trial one pair at a time goes out; what is written off needs no room.
static uint32_t room_of(const struct dns_matrix *m, const struct resolver *s)
{
	if (s->fate != DNS_FATE_ASK)
		return UINT32_MAX;
	return s->returns > 0 ? 1 : m->c.parallel;
}

bool dns_matrix_take(struct dns_matrix *m, uint32_t r, struct dns_pick *out)
{
	struct resolver *s = &m->resolvers[r];
	bool found = false;
	unqueue(m);
	while (!found && has_more(m, r)) {
		*out = pick_of(m, r, take_at(m, s));
		found = !is_done(m, out);
	}
	s->asking = (uint16_t)(s->asking + found);
	if (!has_more(m, r))
		s->place = PLACE_NOTHING;
	else if (s->asking >= room_of(m, s))
		s->place = PLACE_BUSY;
	else
		queue(m, r);
	return found;
}

static void set_fate(struct dns_matrix *m, struct resolver *s, enum dns_fate fate)
{
	m->alive = m->alive - (s->fate == DNS_FATE_ASK) + (fate == DNS_FATE_ASK);
	s->fate = (uint8_t)fate;
}

static void count_useless(struct dns_matrix *m, struct mono now, struct resolver *s,
			  enum dns_use use)
{
	s->refusing = use == DNS_USE_REFUSED;
	if (s->useless < UINT16_MAX)
		s->useless++;
	// Pairs that were already under way say nothing new.
	if (m->c.patience == 0 || s->useless < m->c.patience || now.ns < s->until)
		return;
	if (s->returns >= m->c.returns) {
		set_fate(m, s, s->refusing ? DNS_FATE_REFUSING : DNS_FATE_SILENT);
		return;
	}
	int64_t pause = m->c.pause_ns << (s->returns < 20 ? s->returns : 20);
	s->until = now.ns + (pause < DNS_PAUSE_MAX_NS ? pause : DNS_PAUSE_MAX_NS);
	s->returns++;
}

void dns_matrix_asked(struct dns_matrix *m, struct mono now, uint32_t r, enum dns_use use)
{
	struct resolver *s = &m->resolvers[r];
	s->asking--;
	if (use == DNS_USE_GOOD)
		s->useless = s->returns = 0;
	else if (use != DNS_USE_NONE && s->fate == DNS_FATE_ASK)
		count_useless(m, now, s, use);
	if (s->place == PLACE_BUSY && s->asking < room_of(m, s))
		queue(m, r);
}

void dns_matrix_done(struct dns_matrix *m, const struct dns_pick *p, enum dns_state state)
{
	uint64_t bit = bit_of(m, p);
	m->done[bit / 8] = (uint8_t)(m->done[bit / 8] | 1 << bit % 8);
	m->done_count++;
	m->by_resolver[p->resolver][state]++;
	if (m->by_domain != NULL)
		m->by_domain[p->domain][state]++;
}

void dns_matrix_fate(struct dns_matrix *m, uint32_t r, enum dns_fate fate)
{
	struct resolver *s = &m->resolvers[r];
	set_fate(m, s, fate);
	if (s->place == PLACE_HEAP || (s->place == PLACE_BUSY && fate != DNS_FATE_ASK))
		queue(m, r);
}

void dns_matrix_sums(const struct dns_matrix *m, uint64_t out[static DNS_STATE_COUNT])
{
	memset(out, 0, DNS_STATE_COUNT * sizeof(*out));
	for (uint32_t r = 0; r < m->c.resolvers; r++)
		for (size_t i = 0; i < DNS_STATE_COUNT; i++)
			out[i] += m->by_resolver[r][i];
}

void dns_matrix_resolver(const struct dns_matrix *m, uint32_t r,
			 uint32_t out[static DNS_STATE_COUNT])
{
	memcpy(out, m->by_resolver[r], sizeof(*m->by_resolver));
}

uint32_t dns_matrix_domain_share(const struct dns_matrix *m, uint32_t domain)
{
	uint32_t each = m->c.types * m->c.repetitions;
	if (m->c.wanted != NULL)
		return dns_wanted_servers(m->c.wanted, domain) * each;
	return m->c.spread ? each : each * m->c.resolvers;
}

bool dns_matrix_domain(const struct dns_matrix *m, uint32_t domain,
		       uint32_t out[static DNS_STATE_COUNT])
{
	if (m->by_domain == NULL)
		return false;
	memcpy(out, m->by_domain[domain], sizeof(*m->by_domain));
	return true;
}
