// SPDX-License-Identifier: Apache-2.0
#include "trace/inflow.h"

#include <stdlib.h>
#include <string.h>

#include "trace/inflow_state.h"
#include "wire/ip.h"

#define LINGER_NS (2 * NS_PER_S)
#define SWEEP_NS  NS_PER_S

struct inflow *inflow_new(const struct inflow_config *c)
{
	struct inflow *e = calloc(1, sizeof(*e));
	if (e == NULL)
		return NULL;
	e->config = *c;
	e->flows =
		table_new(sizeof(struct inflow_key), sizeof(struct inflow_flow), c->flows, c->seed);
	e->wants = table_new(sizeof(struct inflow_server), sizeof(struct inflow_want), INFLOW_WANTS,
			     c->seed);
	e->attempts = calloc((size_t)INFLOW_TRACES * INFLOW_PROBES, sizeof(*e->attempts));
	if (e->flows == NULL || e->wants == NULL || e->attempts == NULL)
		inflow_free(&e);
	return e;
}

void inflow_free(struct inflow **e)
{
	if (*e == NULL)
		return;
	table_free(&(*e)->flows);
	table_free(&(*e)->wants);
	free((*e)->attempts);
	free(*e);
	*e = NULL;
}

static struct inflow_server server_of(const struct inflow_key *k, uint16_t lport)
{
	struct inflow_server s;
	memset(&s, 0, sizeof(s)); // its bytes are a key
	s.addr = k->remote;
	s.port = k->rport;
	s.lport = lport;
	s.proto = k->proto;
	return s;
}

enum err inflow_put(struct inflow *e, struct mono now, uint64_t tag, const struct inflow_key *k,
		    struct wall wall)
{
	bool fresh;
	const struct inflow_server s = server_of(k, k->lport);
	struct inflow_want *w = table_put(e->wants, &s, &fresh);
	if (w == NULL)
		return ERR_FULL;
	if (!fresh)
		return ERR_EXISTS;
	*w = (struct inflow_want){ .tag = tag,
				   .until = mono_add(now, e->config.patience_ns),
				   .wall = wall };
	e->counts.wants++;
	return ERR_OK;
}

static bool is_ours(const struct inflow *e, uint16_t port)
{
	return port >= e->config.own_first && port - e->config.own_first < e->config.own_count;
}

// --- flows --------------------------------------------------------------------------------------

static struct inflow_flow *flow_of(struct inflow *e, const struct inflow_key *k)
{
	bool fresh = false;
	struct inflow_flow *f = table_find(e->flows, k);
	if (f == NULL)
		f = table_put(e->flows, k, &fresh);
	e->counts.flows += fresh;
	e->counts.full += f == NULL;
	return f;
}

static struct inflow_trace *slot_of(struct inflow *e)
{
	for (size_t i = 0; i < INFLOW_TRACES; i++)
		if (e->traces[i].state == INFLOW_FREE)
			return &e->traces[i];
	return NULL;
}

static struct inflow_trace *begin(struct inflow *e, const struct inflow_key *k,
				  struct inflow_flow *f, uint64_t tag, struct wall wall)
{
	struct inflow_trace *t = slot_of(e);
	if (t == NULL)
		return NULL; // its next packet asks again
	memset(t, 0, sizeof(*t));
	t->attempts = &e->attempts[(t - e->traces) * INFLOW_PROBES];
	t->state = INFLOW_UNGUARDED;
	t->key = *k;
	t->tag = tag;
	t->drops = e->drops;
	t->random = table_hash(e->config.seed, span_of(k, sizeof(*k))) ^ (uint64_t)f->last.ns;
	t->start = wall;
	t->begun = t->next = f->last;
	t->distance = (uint8_t)(inflow_distance(f->server_ttl) + 1);
	t->last_ttl = t->distance - 1 < e->config.max_ttl ? (uint8_t)(t->distance - 1)
							  : e->config.max_ttl;
	t->ttl = 1;
	f->traced = true;
	e->guard_changed = true;
	e->counts.traces++;
	return t;
}

// How far the server is cannot be told: no probe is safe.
static void refuse(struct inflow *e, const struct inflow_key *k, struct inflow_flow *f,
		   struct wall wall)
{
	struct inflow_trace *t = begin(e, k, f, 0, wall);
	if (t == NULL)
		return;
	t->state = INFLOW_OVER;
	t->stop = TRACE_REFUSED;
	t->distance = t->last_ttl = 0;
}

static void consider(struct inflow *e, const struct inflow_key *k, struct inflow_flow *f,
		     struct wall wall)
{
	if (f->traced)
		return;
	if (e->config.all && f->out && f->in && !f->closed &&
	    inflow_distance(f->server_ttl) == 0xff) {
		refuse(e, k, f, wall);
		return;
	}
	if (!inflow_ready(f, f->last))
		return;
	struct inflow_server s = server_of(k, k->lport);
	const struct inflow_want *w = table_find(e->wants, &s);
	if (w == NULL) {
		s.lport = 0;
		w = table_find(e->wants, &s);
	}
	if (w == NULL) {
		if (e->config.all)
			(void)begin(e, k, f, 0, wall);
		return;
	}
	if (begin(e, k, f, w->tag, wall) != NULL)
		(void)table_take(e->wants, &s);
}

static void flow_heard(struct inflow *e, const struct inflow_packet *p, const struct ip_head *ip,
		       struct wall wall)
{
	struct tcp_head h = { 0 };
	uint16_t sport, dport;
	if (!inflow_ports(ip, &h, &sport, &dport) || is_ours(e, p->outgoing ? sport : dport))
		return;
	struct inflow_key k;
	memset(&k, 0, sizeof(k));
	k.proto = ip->proto;
	k.local = p->outgoing ? ip->src : ip->dst;
	k.remote = p->outgoing ? ip->dst : ip->src;
	k.lport = p->outgoing ? sport : dport;
	k.rport = p->outgoing ? dport : sport;
	struct inflow_flow *f = flow_of(e, &k);
	if (f == NULL)
		return;
	inflow_flow_hear(f, p, ip, &h);
	consider(e, &k, f, wall);
}

// --- answers ------------------------------------------------------------------------------------

static void answer_heard(struct inflow *e, const struct inflow_packet *p)
{
	struct trace_reply r;
	if (trace_reply_read(p->ip, &r) != ERR_OK || !r.quoted)
		return;
	for (size_t i = 0; i < INFLOW_TRACES; i++) {
		struct inflow_trace *t = &e->traces[i];
		const struct inflow_key *k = &t->key;
		if (t->state != INFLOW_PROBING || r.proto != k->proto || r.sport != k->lport ||
		    r.dport != k->rport || !addr_eq(r.dst, k->remote) || !addr_eq(r.src, k->local))
			continue;
		struct inflow_attempt *a = inflow_match(t, &r);
		if (a == NULL || a->answered)
			continue;
		inflow_note(t, a, &r, p->at);
		e->counts.answers++;
	}
}

void inflow_hear(struct inflow *e, const struct inflow_packet *p, struct wall wall)
{
	struct ip_head ip;
	e->counts.packets++;
	if (ip_read(p->ip, &ip) != ERR_OK)
		return;
	if (ip.proto == IP_TCP || ip.proto == IP_UDP)
		flow_heard(e, p, &ip, wall);
	else if (!p->outgoing && (ip.proto == IP_ICMP || ip.proto == IP_ICMP6))
		answer_heard(e, p);
}

void inflow_hear_guard(struct inflow *e, bool stands)
{
	for (size_t i = 0; i < INFLOW_TRACES; i++) {
		struct inflow_trace *t = &e->traces[i];
		if (t->state != INFLOW_UNGUARDED)
			continue;
		t->state = stands ? INFLOW_PROBING : INFLOW_OVER;
		t->stop = stands ? TRACE_STOP_UNKNOWN : TRACE_REFUSED;
	}
}

// --- what to do ---------------------------------------------------------------------------------

static void end(struct inflow_trace *t, enum trace_stop stop)
{
	t->stop = t->unreachable != 0 ? TRACE_UNREACHABLE : stop;
	t->state = INFLOW_OVER;
}

static bool send_one(struct inflow *e, struct inflow_trace *t, struct inflow_probe *probe)
{
	const struct inflow_flow *f = table_find(e->flows, &t->key);
	struct mono until = MONO_NEVER;
	struct wr w = wr_of(e->frame, sizeof(e->frame));
	struct inflow_attempt *a = &t->attempts[t->count];
	if (f == NULL || !inflow_ready(f, e->now)) {
		end(t, TRACE_DEADLINE);
		return false;
	}
	// The way may have become shorter meanwhile: never at the server's distance.
	if (t->ttl > inflow_distance(f->server_ttl)) {
		t->ttl = UINT8_MAX;
		return false;
	}
	enum pace_verdict v = PACE_GO;
	if (e->config.pace != NULL)
		v = t->ttl == 1 ? pace_ask_first(e->config.pace, e->now, t->key.remote,
						 t->key.local, &until)
				: pace_ask(e->config.pace, e->now, t->key.remote, &until);
	if (v == PACE_REFUSED)
		end(t, TRACE_REFUSED);
	if (v != PACE_GO) {
		t->next = until;
		return false;
	}
	*a = (struct inflow_attempt){ .ttl = t->ttl, .sent = e->now };
	if (!inflow_probe_write(t, f, e->config.tag, a, &w)) {
		end(t, TRACE_REFUSED);
		return false;
	}
	t->count++;
	t->ttl++;
	t->next = mono_add(e->now, e->config.spacing_ns);
	t->until = mono_add(e->now, e->config.wait_ns);
	e->counts.probes++;
	e->sender = t;
	probe->frame = span_of(w.at, w.len);
	probe->ipv6 = t->key.local.family == 6;
	return true;
}

static bool serve(struct inflow *e, struct inflow_trace *t, struct inflow_probe *probe)
{
	while (t->state == INFLOW_PROBING && !mono_before(e->now, t->next) &&
	       inflow_more(&e->config, t)) {
		if (send_one(e, t, probe))
			return true;
		if (t->ttl != UINT8_MAX)
			return false;
	}
	bool waited = t->count == 0 || !mono_before(e->now, t->until) || inflow_all_answered(t);
	if (t->state == INFLOW_PROBING && !inflow_more(&e->config, t) && waited)
		end(t, inflow_verdict(t));
	return false;
}

static void hand_over(struct inflow *e, struct inflow_trace *t, struct inflow_result *out)
{
	inflow_record(t, e->now, &e->scratch, &out->record);
	out->record.kernel_drops = (uint32_t)(e->drops - t->drops);
	out->proto = t->key.proto;
	out->distance = t->distance;
}

static bool unmet(struct inflow *e, struct inflow_result *out)
{
	size_t at = 0;
	const void *key;
	void *value;
	while (table_each(e->wants, &at, &key, &value)) {
		const struct inflow_want *w = value;
		struct inflow_server s = *(const struct inflow_server *)key;
		if (mono_before(e->now, w->until))
			continue;
		memset(&e->unmet, 0, sizeof(e->unmet));
		e->unmet.tag = w->tag;
		e->unmet.drops = e->drops;
		e->unmet.start = w->wall;
		e->unmet.stop = TRACE_REFUSED;
		e->unmet.begun = e->now;
		e->unmet.key.remote = s.addr;
		e->unmet.key.local.family = s.addr.family;
		e->unmet.key.rport = s.port;
		e->unmet.key.lport = s.lport;
		e->unmet.key.proto = s.proto;
		hand_over(e, &e->unmet, out);
		(void)table_take(e->wants, &s);
		return true;
	}
	return false;
}

enum inflow_step inflow_next(struct inflow *e, struct inflow_probe *probe,
			     struct inflow_result *result)
{
	e->sender = NULL;
	if (e->guard_changed) {
		e->guard_changed = false;
		return INFLOW_GUARD;
	}
	for (size_t i = 0; i < INFLOW_TRACES; i++) {
		struct inflow_trace *t = &e->traces[i];
		if (t->state == INFLOW_PROBING && serve(e, t, probe))
			return INFLOW_SEND;
		if (t->state != INFLOW_OVER)
			continue;
		hand_over(e, t, result);
		t->state = INFLOW_LINGER;
		t->until = mono_add(e->now, LINGER_NS);
		return INFLOW_FINISHED;
	}
	return unmet(e, result) ? INFLOW_FINISHED : INFLOW_NOTHING;
}

static void sweep(struct inflow *e)
{
	size_t at = 0, dead = 0;
	const void *key;
	void *value;
	struct inflow_key keys[64];
	if (mono_since(e->now, e->swept) < SWEEP_NS)
		return;
	e->swept = e->now;
	while (dead < 64 && table_each(e->flows, &at, &key, &value))
		if (mono_since(e->now, ((struct inflow_flow *)value)->last) >= INFLOW_IDLE_NS)
			keys[dead++] = *(const struct inflow_key *)key;
	for (size_t i = 0; i < dead; i++)
		(void)table_take(e->flows, &keys[i]);
}

void inflow_tick(struct inflow *e, struct mono now)
{
	e->now = now;
	for (size_t i = 0; i < INFLOW_TRACES; i++) {
		struct inflow_trace *t = &e->traces[i];
		if (t->state != INFLOW_LINGER || mono_before(now, t->until))
			continue;
		t->state = INFLOW_FREE;
		e->guard_changed = true;
	}
	sweep(e);
}

void inflow_stop(struct inflow *e)
{
	size_t at = 0;
	const void *key;
	void *value;
	while (table_each(e->wants, &at, &key, &value))
		((struct inflow_want *)value)->until = e->now;
	for (size_t i = 0; i < INFLOW_TRACES; i++)
		if (e->traces[i].state == INFLOW_PROBING || e->traces[i].state == INFLOW_UNGUARDED)
			end(&e->traces[i], TRACE_DEADLINE);
}
