// SPDX-License-Identifier: Apache-2.0
//
// What comes: wants, packets of flows, answers to probes. Where traces begin.
#include <string.h>

#include "trace/inflow_state.h"

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
				   .why = TRACE_NO_FLOW,
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

// Everything goes out once, as far as the server is; then as a plain trace asks.
static struct trace_target target_of(const struct inflow *e, const struct inflow_key *k,
				     const struct inflow_flow *f)
{
	return (struct trace_target){
		.src = k->local,
		.dst = k->remote,
		.method = TRACE_FLOW,
		.proto = k->proto,
		.sport = k->lport,
		.dport = k->rport,
		.flow_label = f->label,
		.tos = f->tos & 0xfc, // ECN says something of the app's packets that we do not know
		.first_ttl = 1,
		.max_ttl = inflow_last_ttl(&e->config, f->server_ttl),
		.distance = (uint8_t)(inflow_distance(f->server_ttl) + 1), // 0: not to be told
		.attempts = e->config.attempts,
		.again = e->config.again,
		.gap = e->config.gap,
		.window = UINT8_MAX,
		.wait_ns = e->config.wait_ns,
		.spacing_ns = e->config.spacing_ns,
	};
}

// What the fields of its probes are made of: the tag above all, a token that is not 0 below.
static uint64_t random_of(const struct inflow *e, const struct inflow_key *k, struct mono at)
{
	uint64_t n = table_hash(e->config.seed, span_of(k, sizeof(*k))) ^ (uint64_t)at.ns;
	return (n & UINT64_MAX >> 8) | (uint64_t)e->config.tag << 56 | 1;
}

static struct inflow_trace *begin(struct inflow *e, const struct inflow_key *k,
				  struct inflow_flow *f, uint64_t tag, struct wall wall)
{
	struct inflow_trace *t = slot_of(e);
	if (t == NULL)
		return NULL; // its next packet asks again
	struct trace_target target = target_of(e, k, f);
	target.tag = tag;
	target.start = wall;
	trace_path_wipe(&t->path);
	if (trace_path_init(&t->path, &target, f->last, random_of(e, k, f->last)) != ERR_OK)
		return NULL;
	t->path.lead = target.max_ttl;
	t->state = INFLOW_UNGUARDED;
	t->key = *k;
	t->drops = e->drops;
	t->next = f->last;
	t->seqs = &e->seqs[(t - e->traces) * INFLOW_PROBES];
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
	t->path.refused = true;
	t->path.target.max_ttl = 0;
	inflow_end(t, TRACE_TOO_FAR);
}

// Why a flow that was seen cannot be traced now.
static enum trace_not_inside obstacle(const struct inflow_flow *f)
{
	if (f->closed)
		return TRACE_FLOW_ENDED;
	bool far = f->in && inflow_distance(f->server_ttl) == 0xff;
	return far ? TRACE_TOO_FAR : TRACE_NO_FLOW;
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
	bool ready = inflow_ready(f, f->last);
	if (!ready && table_count(e->wants) == 0)
		return;
	struct inflow_server s = server_of(k, k->lport);
	struct inflow_want *w = table_find(e->wants, &s);
	if (w == NULL) {
		s.lport = 0;
		w = table_find(e->wants, &s);
	}
	if (w == NULL) {
		if (ready && e->config.all)
			(void)begin(e, k, f, 0, wall);
		return;
	}
	w->why = ready ? TRACE_FULL : obstacle(f);
	if (ready && begin(e, k, f, w->tag, wall) != NULL)
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
	struct mono now = mono_before(e->now, p->at) ? p->at : e->now;
	uint16_t serial;
	uint8_t mark;
	if (trace_reply_read(p->ip, &r) != ERR_OK || !r.quoted)
		return;
	for (size_t i = 0; i < INFLOW_TRACES; i++) {
		struct inflow_trace *t = &e->traces[i];
		if (t->state != INFLOW_PROBING || !inflow_match(t, &r, &serial, &mark) ||
		    !trace_path_hear(&t->path, serial, mark, p->at, now, &r))
			continue;
		t->next = e->now;
		e->counts.answers++;
		e->counts.late += (t->path.attempts[serial].mark & TRACE_LATE) != 0;
		return;
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
