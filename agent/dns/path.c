// SPDX-License-Identifier: Apache-2.0
#include "dns/path.h"

#include <stdlib.h>
#include <string.h>

#include "dns/path_part.h"

#define WINDOW 8 // questions of one path under way

enum err dns_paths_new(const struct dns_path_config *c, struct dns_paths **out, struct fault *f)
{
	struct dns_paths *p = calloc(1, sizeof(*p));
	*out = p;
	if (p == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory for paths");
	p->c = *c;
	uint32_t most = (DNS_TRIES_MAX - 2) / (2u * c->attempts);
	if (p->c.hops > most)
		p->c.hops = (uint8_t)most;
	p->count = dns_list_count(c->servers);
	if (!c->paired)
		p->count *= dns_list_count(c->names);
	p->paths = calloc(c->ports, sizeof(*p->paths));
	p->ports = calloc(c->ports, sizeof(*p->ports));
	enum err err = dns_name_read(c->control, &p->control);
	if (err != ERR_OK)
		fault_set(f, ERR_USAGE, 0, "the control domain is no name");
	else if (p->paths == NULL || p->ports == NULL)
		err = fault_set(f, ERR_MEMORY, 0, "no memory for paths");
	if (err != ERR_OK)
		dns_paths_free(out);
	return err;
}

void dns_paths_free(struct dns_paths **out)
{
	struct dns_paths *p = *out;
	if (p == NULL)
		return;
	free(p->paths);
	free(p->ports);
	free(p);
	*out = NULL;
}

void dns_paths_port(struct dns_paths *p, uint32_t index, uint16_t port)
{
	p->ports[index] = port;
}

void dns_paths_source(struct dns_paths *p, struct addr src)
{
	*(src.family == 4 ? &p->source4 : &p->source6) = src;
}

void dns_paths_stop(struct dns_paths *p)
{
	p->stopping = true;
}

static void begin(struct dns_paths *p, struct dns_path *h, struct mono now)
{
	uint32_t epoch = h->epoch + 1;
	uint64_t n = p->next++;
	memset(h, 0, offsetof(struct dns_path, wires));
	h->busy = true;
	h->epoch = epoch;
	h->resolver = (uint32_t)(p->c.paired ? n : n / dns_list_count(p->c.names));
	h->name = (uint32_t)(p->c.paired ? n : n % dns_list_count(p->c.names));
	h->salt = (uint16_t)((p->c.seed + n) * 0x9e3779b97f4a7c15u >> 40);
	h->start = now.ns;
	h->end = p->c.hops;
}

// Try number I: first both questions in full, then TTL by TTL, control and test in turn.
static void plan_of(const struct dns_paths *p, uint32_t i, uint8_t *role, uint8_t *ttl)
{
	*role = (uint8_t)(i % 2 == 0 ? DNS_CONTROL_BEFORE : DNS_TEST);
	*ttl = (uint8_t)(i < 2 ? DNS_PATH_FULL : 1 + (i - 2) / (2u * p->c.attempts));
}

static bool has_next(const struct dns_paths *p, const struct dns_path *h)
{
	uint8_t role, ttl;
	plan_of(p, h->tries, &role, &ttl);
	if (p->stopping || h->tries == DNS_TRIES_MAX)
		return false;
	return h->tries < 2 || ttl <= h->end;
}

size_t dns_path_question(struct dns_paths *p, const struct dns_path *h, uint32_t i)
{
	struct wr w = wr_of(p->message, sizeof(p->message));
	const struct dns_query q = {
		.id = (uint16_t)(i ^ h->salt),
		.name = h->role[i] == DNS_TEST ? dns_list_name(p->c.names, h->name)
					       : span_of(p->control.bytes, p->control.len),
		.type = h->role[i] == DNS_TEST ? p->c.type : (uint16_t)DNS_A,
		.recurse = (p->c.options & DNS_RECURSE) != 0,
		.edns = (p->c.options & DNS_EDNS) != 0,
	};
	return dns_query_write(&w, &q) == ERR_OK ? w.len : 0;
}

static void emit(struct dns_paths *p, uint32_t index, struct mono now, struct dns_want *out)
{
	struct dns_path *h = &p->paths[index];
	uint32_t i = h->tries++;
	plan_of(p, i, &h->role[i], &h->ttl[i]);
	h->transport[i] = DNS_UDP;
	h->sent_us[i] = dns_path_us(h, now);
	h->id[i] = (uint16_t)(i ^ h->salt);
	h->under_way++;
	*out = (struct dns_want){
		.kind = DNS_WANT_SEND,
		.transport = DNS_UDP,
		.port_index = index,
		.to = dns_list_server(p->c.servers, h->resolver),
		.handle = { index, h->epoch, (uint8_t)i },
		.ttl = h->ttl[i],
		.message = span_of(p->message, dns_path_question(p, h, i)),
	};
	if (out->to.port == 0)
		out->to.port = 53;
}

static void fill(struct dns_paths *p, struct dns_path *h, uint32_t index)
{
	struct dns_pair_record *r = &p->record;
	size_t size = dns_list_server(p->c.servers, h->resolver).addr.family == 4 ? 4 : 16;
	r->tries = h->tries;
	r->try_role = span_of(h->role, h->tries);
	r->try_transport = span_of(h->transport, h->tries);
	r->try_outcome = span_of(h->outcome, h->tries);
	r->try_error = span_of(h->error, h->tries);
	r->try_rcode = span_of(h->rcode, h->tries);
	r->try_first = span_of(h->first, h->tries);
	r->try_ttl = span_of(h->ttl, h->tries);
	r->try_sent_us = h->sent_us;
	r->try_id = h->id;
	r->answers = h->answers;
	r->answer_try = span_of(h->of, h->answers);
	r->answer_ref = span_of(h->ref, h->answers);
	r->answer_ttl = span_of(h->answer_ttl, h->answers);
	r->answer_at_us = h->at_us;
	r->answer_ip_id = h->ip_id;
	r->answer_flags = h->flags;
	r->answer_mark = h->mark;
	r->answer_length = h->length;
	r->sources = span_of(h->sources, h->source_count * size);
	r->wires = span_of(h->wires, h->wires_len);
	r->answers_lost = h->lost;
	r->sport = p->ports[index];
}

static enum dns_state state_of(const struct dns_path *h)
{
	enum dns_state state = DNS_TIMED_OUT;
	for (uint32_t i = 0; i < h->tries; i++) {
		if (h->role[i] != DNS_TEST)
			continue;
		if (h->outcome[i] == DNS_TRY_ANSWERED)
			return DNS_ANSWERED;
		if (i < 2 && h->outcome[i] == DNS_TRY_ERROR)
			state = DNS_FAILED;
	}
	return state;
}

static void hand_over(struct dns_paths *p, uint32_t index, enum dns_state state,
		      struct dns_want *out)
{
	struct dns_path *h = &p->paths[index];
	struct dns_server s = dns_list_server(p->c.servers, h->resolver);
	const struct dns_name n = { .message = dns_list_name(p->c.names, h->name) };
	const struct addr *src = s.addr.family == 4 ? &p->source4 : &p->source6;
	p->record = (struct dns_pair_record){
		.scan = p->c.scan,
		.kind = DNS_KIND_PATH,
		.state = state,
		.profile = DNS_WAYMARK,
		.resolver = s.addr,
		.src = *src,
		.port = s.port != 0 ? s.port : 53,
		.qtype = p->c.type,
		.control = p->c.control,
		.options = p->c.options,
		.start = { p->c.wall.ns + (h->start - p->c.now.ns) },
	};
	if (dns_name_write(n, p->text) == ERR_OK)
		p->record.domain = span_text(p->text);
	if (state == DNS_REFUSED || state == DNS_NOT_ASKED)
		p->record.detail = span_text(state == DNS_REFUSED ? "denied" : "interrupted");
	else
		fill(p, h, index);
	h->busy = false;
	*out = (struct dns_want){ .kind = DNS_WANT_RECORD,
				  .record = &p->record,
				  .pick = { h->resolver, h->name, 0, 0 },
				  .pair_differs = UINT32_MAX };
}

// True when OUT was filled.
static bool act(struct dns_paths *p, uint32_t index, struct mono now, struct dns_want *out)
{
	struct dns_path *h = &p->paths[index];
	struct mono until;
	if (!h->busy && p->next < p->count && !p->stopping)
		begin(p, h, now);
	if (!h->busy || (h->under_way > 0 && !has_next(p, h)))
		return false;
	if (!has_next(p, h)) {
		if (h->quiet == 0)
			h->quiet = now.ns + p->c.listen_ns;
		if (now.ns < h->quiet && h->tries > 0 && !p->stopping) {
			p->wait = mono_min(p->wait, (struct mono){ h->quiet });
			return false;
		}
		enum dns_state none = h->tries == 0 ? DNS_NOT_ASKED : state_of(h);
		hand_over(p, index, none, out);
		return true;
	}
	// Who answers in full is known before the hops are asked.
	if (h->under_way >= WINDOW || (h->tries == 2 && h->under_way > 0))
		return false;
	struct addr to = dns_list_server(p->c.servers, h->resolver).addr;
	enum pace_verdict v = pace_ask(p->c.pace, now, to, &until);
	if (v == PACE_GO) {
		emit(p, index, now, out);
		return true;
	}
	if (v == PACE_REFUSED && h->under_way == 0) {
		hand_over(p, index, h->tries == 0 ? DNS_REFUSED : state_of(h), out);
		return true;
	}
	if (v != PACE_REFUSED)
		p->wait = mono_min(p->wait, until);
	return false;
}

enum dns_want_kind dns_paths_next(struct dns_paths *p, struct mono now, struct dns_want *out)
{
	p->wait = MONO_NEVER;
	out->kind = DNS_WANT_NOTHING;
	for (uint32_t i = 0; i < p->c.ports; i++) {
		p->turn = (p->turn + 1) % p->c.ports;
		if (act(p, p->turn, now, out))
			break;
	}
	return out->kind;
}

bool dns_paths_done(const struct dns_paths *p)
{
	for (uint32_t i = 0; i < p->c.ports; i++)
		if (p->paths[i].busy)
			return false;
	return p->next == p->count || p->stopping;
}

static struct mono due_of(const struct dns_paths *p, const struct dns_path *h, uint32_t i)
{
	return (struct mono){ h->start + h->sent_us[i] * NS_PER_US + p->c.timeout_ns };
}

void dns_paths_tick(struct dns_paths *p, struct mono now)
{
	for (uint32_t n = 0; n < p->c.ports; n++) {
		struct dns_path *h = &p->paths[n];
		for (uint32_t i = 0; h->busy && i < h->tries; i++)
			if (h->outcome[i] == DNS_OUTCOME_UNKNOWN &&
			    !mono_before(now, due_of(p, h, i)))
				dns_path_settle(p, h, i, DNS_TRY_TIMEOUT, DNS_ERROR_TIMEOUT);
	}
}

struct mono dns_paths_due(const struct dns_paths *p)
{
	struct mono due = p->wait;
	for (uint32_t n = 0; n < p->c.ports; n++) {
		const struct dns_path *h = &p->paths[n];
		for (uint32_t i = 0; h->busy && i < h->tries; i++)
			if (h->outcome[i] == DNS_OUTCOME_UNKNOWN)
				due = mono_min(due, due_of(p, h, i));
	}
	return due;
}
