// SPDX-License-Identifier: Apache-2.0
#include "trace/mda.h"

#include <stdlib.h>

#include "trace/mda_state.h"

#define AGAIN_SPACING  (300 * NS_PER_MS) // before a silent hop is asked again, and longer
#define SLOT_FLOOR     (200 * NS_PER_MS) // an open probe holds its place in the window this long
#define PATIENCE_FLOOR NS_PER_S
#define ROOM_FIRST     64 // probes

static bool range_ok(const struct mda_target *t)
{
	bool method = t->method >= TRACE_ICMP && t->method <= TRACE_QUIC;
	if (t->flow_label > TRACE_LABEL_MAX && t->flow_label != TRACE_LABEL_AUTO)
		return false;
	return method && t->src.family == t->dst.family && addr_bits(t->dst) != 0 &&
	       t->first_ttl >= 1 && t->first_ttl <= t->max_ttl && t->max_ttl < TRACE_HOPS_MAX &&
	       t->attempts >= 1 && t->gap >= 1 && t->window >= 1 && t->wait_ns > 0 &&
	       t->flows_max >= 1 && t->flows_max <= MDA_FLOWS_MAX && t->probes_max < 60000 &&
	       t->sport_first <= 65536 - t->flows_max && t->risk > 0 && t->risk < 1 &&
	       (t->method == TRACE_ICMP || t->dport != 0);
}

enum err mda_new(struct mono now, const struct mda_target *t, struct mda **out)
{
	if (!range_ok(t))
		return ERR_RANGE;
	struct mda *m = calloc(1, sizeof(*m));
	if (m == NULL)
		return ERR_MEMORY;
	uint8_t hops = (uint8_t)(t->max_ttl - t->first_ttl + 2);
	m->target = *t;
	m->now = m->begun = now;
	m->last_send = m->lost_at = (struct mono){ INT64_MIN / 2 };
	m->checks = calloc(hops, sizeof(*m->checks));
	m->manners = calloc(hops, sizeof(*m->manners));
	enum err err = mda_graph_init(&m->graph, hops, t->flows_max);
	uint16_t first;
	if (err == ERR_OK)
		err = mda_graph_flow(&m->graph, &first);
	if (m->checks == NULL || m->manners == NULL || err != ERR_OK) {
		mda_free(&m);
		return ERR_MEMORY;
	}
	for (uint8_t h = 0; h < hops; h++)
		m->manners[h].last = m->last_send;
	*out = m;
	return ERR_OK;
}

void mda_free(struct mda **out)
{
	struct mda *m = *out;
	if (m == NULL)
		return;
	mda_graph_wipe(&m->graph);
	trace_extras_wipe(&m->extras);
	free(m->checks);
	free(m->manners);
	free(m->sent);
	free(m);
	*out = NULL;
}

static int64_t clamp(int64_t v, int64_t low, int64_t high)
{
	if (v < low)
		v = low;
	return v < high ? v : high;
}

static struct mono later(struct mono a, struct mono b)
{
	return mono_before(a, b) ? b : a;
}

struct waiting {
	unsigned open, again; // that may still be answered; that want to be asked again
	unsigned held;        // places of the window
	struct mono change;
};

static struct mono again_at(const struct mda *m, uint16_t serial)
{
	const struct mda_sent *s = &m->sent[serial];
	const struct mda_manner *manner = &m->manners[s->hop];
	const struct mda_cell *c = mda_graph_cell(&m->graph, s->flow, s->hop);
	// Flows that met the limit together must not come back together.
	int64_t jitter = (int64_t)(m->target.random >> (serial & 31) & 0x7f) * NS_PER_MS;
	int64_t own = c->tries * AGAIN_SPACING + jitter;
	return later(mono_add(s->at, own), mono_add(manner->last, manner->spacing));
}

static struct waiting settle(struct mda *m)
{
	int64_t wait = m->target.wait_ns;
	int64_t patience = m->rtt_max == 0 ? wait : clamp(4 * m->rtt_max, PATIENCE_FLOOR, wait);
	int64_t slot = m->rtt_max == 0 ? wait : clamp(3 * m->rtt_max, SLOT_FLOOR, patience);
	struct waiting w = { .change = MONO_NEVER };
	for (uint16_t i = m->first_open; i < m->serials; i++) {
		struct mda_sent *s = &m->sent[i];
		int64_t age = mono_since(m->now, s->at);
		if (s->state == MDA_SENT_OPEN && age >= patience)
			mda_silent(m, i);
		if (s->state == MDA_SENT_OPEN) {
			w.open++;
			w.held += age < slot;
			w.change =
				mono_min(w.change, mono_add(s->at, age < slot ? slot : patience));
		} else if (s->state == MDA_SENT_AGAIN) {
			w.again++;
			w.change = mono_min(w.change, again_at(m, i));
		} else if (i == m->first_open) {
			m->first_open++;
		}
	}
	return w;
}

static uint64_t blocked(const struct mda *m, struct mono *until)
{
	uint64_t bits = 0;
	for (uint8_t h = 1; h < m->graph.hops; h++) {
		struct mono at = mono_add(m->manners[h].last, m->manners[h].spacing);
		if (m->manners[h].spacing == 0 || !mono_before(m->now, at))
			continue;
		bits |= UINT64_C(1) << (h & 63);
		*until = mono_min(*until, at);
	}
	return bits;
}

static bool room_for_one(struct mda *m)
{
	if (m->serials < m->room)
		return true;
	size_t room = m->room == 0 ? ROOM_FIRST : m->room * 2u;
	if (room > 60000)
		room = 60000;
	struct mda_sent *sent = reallocarray(m->sent, room, sizeof(*sent));
	if (sent == NULL)
		return false;
	m->sent = sent;
	m->room = (uint16_t)room;
	return true;
}

static enum mda_want send(struct mda *m, uint16_t flow, uint8_t hop, bool repeat,
			  struct trace_probe *probe)
{
	struct mda_cell *c = mda_graph_cell(&m->graph, flow, hop);
	uint16_t serial = m->serials++;
	m->sent[serial] = (struct mda_sent){
		.at = m->now, .flow = flow, .hop = hop, .node = MDA_NONE, .repeat = repeat
	};
	m->last_send = m->manners[hop].last = m->now;
	if (!repeat) {
		c->tries++;
		mda_graph_set(&m->graph, flow, hop, MDA_OPEN);
	}
	mda_token_put(m, serial, probe);
	return MDA_SEND;
}

static bool send_again(struct mda *m, struct trace_probe *probe)
{
	for (uint16_t i = m->first_open; i < m->serials; i++) {
		struct mda_sent *s = &m->sent[i];
		if (s->state != MDA_SENT_AGAIN || mono_before(m->now, again_at(m, i)))
			continue;
		s->state = MDA_SENT_SILENT;
		if (mda_graph_cell(&m->graph, s->flow, s->hop)->state != MDA_AGAIN)
			continue;
		(void)send(m, s->flow, s->hop, false, probe);
		return true;
	}
	return false;
}

static bool send_choice(struct mda *m, const struct mda_sweep *s, uint64_t bits,
			struct trace_probe *probe)
{
	struct mda_choice c;
	uint16_t fresh;
	if (!mda_stop_choose(&m->graph, m->target.mode, mda_judged(m, s), m->target.risk, bits, &c))
		return false;
	if (c.flow == m->graph.flows && mda_graph_flow(&m->graph, &fresh) != ERR_OK)
		return false;
	(void)send(m, c.flow, c.hop, false, probe);
	mda_graph_goal(&m->graph, mda_graph_cell(&m->graph, c.flow, c.hop), c.goal_hop,
		       c.goal_node);
	return true;
}

static struct mono deadline(const struct mda *m)
{
	return m->target.deadline_ns > 0 ? mono_add(m->begun, m->target.deadline_ns) : MONO_NEVER;
}

bool mda_is_over(const struct mda *m)
{
	return m->stopped || m->refused || m->no_route || !mono_before(m->now, deadline(m)) ||
	       m->serials >= m->target.probes_max;
}

enum mda_want mda_next(struct mda *m, struct trace_probe *probe)
{
	uint16_t flow;
	uint8_t hop;
	struct waiting w = settle(m);
	m->finished = m->finished || mda_is_over(m) || !room_for_one(m);
	if (m->finished)
		return MDA_FINISHED;
	m->due = mono_min(w.change, deadline(m));
	struct mono next = mono_add(m->last_send, m->target.spacing_ns);
	if (w.held >= m->target.window)
		return MDA_SLEEP;
	if (mono_before(m->now, next)) {
		m->due = mono_min(m->due, next);
		return MDA_SLEEP;
	}
	uint64_t bits = blocked(m, &m->due);
	struct mda_sweep s = mda_sweep(m);
	if (send_again(m, probe))
		return MDA_SEND;
	if (s.next != 0)
		return send(m, 0, s.next, false, probe);
	if (mda_check_next(m, false, bits, &flow, &hop))
		return send(m, flow, hop, true, probe);
	if (send_choice(m, &s, bits, probe))
		return MDA_SEND;
	if (w.open + w.again > 0 || bits != 0)
		return MDA_SLEEP;
	if (mda_check_next(m, true, bits, &flow, &hop))
		return send(m, flow, hop, true, probe);
	m->finished = true;
	return MDA_FINISHED;
}

void mda_hear_sent(struct mda *m, uint16_t serial, struct mono at)
{
	if (serial < m->serials)
		m->sent[serial].at = at;
}

void mda_hear_failed(struct mda *m, uint16_t serial, bool refused)
{
	if (serial >= m->serials)
		return;
	m->unsent++;
	m->refused = m->refused || refused;
	m->no_route = m->no_route || !refused;
}

void mda_hear_drops(struct mda *m, struct mono now)
{
	m->lost_at = now;
}

void mda_tick(struct mda *m, struct mono now)
{
	m->now = now;
}

void mda_stop(struct mda *m)
{
	m->stopped = true;
}

struct mono mda_due(const struct mda *m)
{
	return m->due;
}

void mda_result(struct mda *m, struct mda_result *out)
{
	struct mda_sweep s = mda_sweep(m);
	*out = (struct mda_result){
		.graph = &m->graph,
		.first_ttl = m->target.first_ttl,
		.last = mda_top(m),
		.stop = mda_sweep_stop(m, &s),
		.probes_sent = (uint32_t)(m->serials - m->unsent),
		.risk = mda_stop_graph(&m->graph, m->target.mode, mda_judged(m, &s), m->target.risk,
				       false),
	};
	bool full = false, lost = false;
	for (uint8_t h = 0; h < m->graph.hops; h++) {
		full = full || m->graph.hop[h].full;
		for (uint8_t i = 0; h > 0 && h <= out->last && i < m->graph.hop[h].count; i++)
			lost = lost || mda_lost(m, h, i) > 0;
	}
	out->complete = s.over && !full && !lost && out->risk <= m->target.risk;
}

uint32_t mda_lost(const struct mda *m, uint8_t hop, uint8_t node)
{
	uint32_t n = 0;
	if (m->graph.hop[hop].nodes[node].addr.family != 0)
		return 0;
	for (uint16_t f = 0; f < m->graph.flows; f++) {
		const struct mda_cell *c = mda_graph_cell(&m->graph, f, hop);
		n += c->state == MDA_KNOWN && c->node == node && c->lost > MDA_LOST_AGAIN;
	}
	return n;
}

struct span mda_extras(const struct mda *m)
{
	return span_of(m->extras.bytes, m->extras.len);
}

uint16_t mda_extra_number(uint8_t hop, uint8_t node)
{
	return (uint16_t)(hop * MDA_WIDTH + node);
}

bool mda_each(const struct mda *m, uint8_t hop, uint16_t *at, struct mda_reply *out)
{
	for (; *at < m->serials; (*at)++) {
		const struct mda_sent *s = &m->sent[*at];
		if (s->flow != 0 || s->hop != hop)
			continue;
		*out = (struct mda_reply){ .node = s->node,
					   .rtt = s->rtt,
					   .late = s->late,
					   .rewritten = s->rewritten,
					   .lost = s->lost && s->state != MDA_SENT_ANSWERED };
		(*at)++;
		return true;
	}
	return false;
}
