// SPDX-License-Identifier: Apache-2.0
#include "reflect/reflect.h"

#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "pace/pace.h"
#include "wire/ip.h"
#include "wire/tcp.h"

#define WAYS  4
#define SETS  (REFLECT_REMEMBERED / WAYS)
#define BURST 1.0 // a second's answers may go at once: questions come in a row

struct memory {
	uint8_t token[REFLECT_TOKEN];
	struct mono at; // last touched
	bool used;
	struct reflect_view node4, node6;
	struct addr resolver_node, resolver_phone;
};

struct reflect {
	struct reflect_config config;
	struct pace *pace;
	struct reflect_counts counts;
	struct memory memories[REFLECT_REMEMBERED];
};

struct reflect *reflect_new(const struct reflect_config *c)
{
	struct reflect *r = calloc(1, sizeof(*r));
	if (r == NULL)
		return NULL;
	r->config = *c;
	const struct pace_limits limits = {
		.all = c->rate,
		.net = c->rate_net,
		.burst_s = BURST,
		.targets = REFLECT_NETS,
		.seed = { c->seed[0], c->seed[1] },
	};
	r->pace = pace_new(&limits);
	if (r->pace == NULL)
		reflect_free(&r);
	return r;
}

void reflect_free(struct reflect **r)
{
	if (*r != NULL)
		pace_free(&(*r)->pace);
	free(*r);
	*r = NULL;
}

struct reflect_counts reflect_count(const struct reflect *r)
{
	return r->counts;
}

static bool fresh(const struct memory *m, struct mono now)
{
	return m->used && mono_since(now, m->at) < REFLECT_KEPT;
}

// MAKE: the oldest of its set gives way; else NULL when nothing is remembered.
static struct memory *memory_of(struct reflect *r, struct mono now, const uint8_t *token, bool make)
{
	uint64_t hash = table_hash(r->config.seed, span_of(token, REFLECT_TOKEN));
	struct memory *set = &r->memories[hash % SETS * WAYS], *oldest = set;
	for (size_t i = 0; i < WAYS; i++) {
		if (fresh(&set[i], now) && memcmp(set[i].token, token, REFLECT_TOKEN) == 0)
			return &set[i];
		if (!set[i].used || (oldest->used && mono_before(set[i].at, oldest->at)))
			oldest = &set[i];
	}
	if (!make)
		return NULL;
	*oldest = (struct memory){ .used = true, .at = now };
	memcpy(oldest->token, token, REFLECT_TOKEN);
	return oldest;
}

static bool pass(struct reflect *r, struct mono now, struct addr to)
{
	struct mono until;
	if (pace_ask(r->pace, now, to, &until) == PACE_GO)
		return true;
	r->counts.refused++;
	return false;
}

static void syn_read(struct span in, struct reflect_answer *a)
{
	struct ip_head ip;
	struct tcp_head tcp;
	if (ip_read(in, &ip) != ERR_OK || ip.proto != IP_TCP ||
	    tcp_read(ip.payload, &tcp) != ERR_OK || tcp.options.len > REFLECT_SYN)
		return;
	a->you.ttl = ip.ttl;
	a->window = tcp.window;
	a->syn_len = (uint8_t)tcp.options.len;
	if (tcp.options.len > 0)
		memcpy(a->syn, tcp.options.at, tcp.options.len);
}

static void remember(struct reflect *r, struct mono now, const struct reflect_answer *a)
{
	struct memory *m = memory_of(r, now, a->ask.token, true);
	m->at = now;
	if (a->you.addr.family == 4)
		m->node4 = a->you;
	else
		m->node6 = a->you;
}

static void recall(struct reflect *r, struct mono now, struct reflect_answer *a)
{
	const struct memory *m = memory_of(r, now, a->ask.token, false);
	if (m == NULL)
		return;
	a->node4 = m->node4;
	a->node6 = m->node6;
	a->resolver_node = m->resolver_node;
	a->resolver_phone = m->resolver_phone;
}

bool reflect_hear(struct reflect *r, struct mono now, const struct reflect_seen *seen,
		  struct span in, struct wr *out)
{
	struct reflect_answer a = {
		.ttl_sent = r->config.ttl,
		.proto = seen->proto,
		.you = { seen->from, seen->port, seen->ttl },
	};
	if (reflect_ask_read(in, &a.ask) != ERR_OK) {
		r->counts.strange++;
		return false;
	}
	if (!pass(r, now, seen->from))
		return false;
	if (seen->proto == IP_TCP)
		syn_read(seen->syn, &a);
	if (a.ask.kind == REFLECT_NODE && seen->proto == IP_UDP)
		remember(r, now, &a);
	if (a.ask.kind != REFLECT_PLAIN)
		recall(r, now, &a);
	reflect_answer_write(out, &a);
	r->counts.answered++;
	return out->err == ERR_OK;
}

bool reflect_hear_name(struct reflect *r, struct mono now, struct addr from, struct span query,
		       struct wr *out)
{
	struct reflect_ask ask;
	enum err err = reflect_query_read(query, r->config.zone, &ask);
	if (err != ERR_OK && err != ERR_MISSING) {
		r->counts.strange++;
		return false;
	}
	if (!pass(r, now, from))
		return false;
	if (err == ERR_OK) {
		struct memory *m = memory_of(r, now, ask.token, true);
		m->at = now;
		if (ask.kind == REFLECT_NODE)
			m->resolver_node = from;
		else
			m->resolver_phone = from;
	}
	if (err == ERR_MISSING)
		err = reflect_told_write(out, query, r->config.zone, from);
	if (out->len == 0 && reflect_reply_write(out, query, err == ERR_OK) != ERR_OK)
		return false;
	if (out->len > query.len + REFLECT_TOLD)
		return false;
	r->counts.answered++;
	return true;
}
