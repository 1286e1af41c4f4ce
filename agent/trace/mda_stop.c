// SPDX-License-Identifier: Apache-2.0
#include "trace/mda_stop.h"

#include <math.h>

#define LEVELS (MDA_WIDTH + 1)

double mda_stop_risk(unsigned found, unsigned flows)
{
	if (found == 0)
		return 1;
	double all = found + 1.0;
	return fmin(1, all * pow(found / all, flows));
}

struct judged {
	struct mda_graph *g;
	enum mda_mode mode;
	uint8_t last;
	double risk;
	bool coming;
	unsigned single[LEVELS + 1]; // routers with so many next hops found
};

static unsigned found(const struct judged *j, const struct mda_hop *h, uint8_t node)
{
	unsigned k = (unsigned)__builtin_popcountll(h->next[node]);
	bool coming = j->coming && h->pending[node] + h->wanted[node] > 0;
	return k == 0 && coming ? 1 : k;
}

static unsigned flows(const struct judged *j, const struct mda_hop *h, uint8_t node)
{
	return h->flows[node] + (j->coming ? h->pending[node] + h->wanted[node] : 0);
}

static bool judges(const struct mda_hop *h, uint8_t node)
{
	return h->nodes[node].flows > 0 && !h->nodes[node].end;
}

// The next hop as one router's, when flows mean nothing.
static unsigned loose_found(const struct judged *j, uint8_t hop)
{
	unsigned live = j->g->hop[hop + 1].live;
	return live == 0 ? 1 : live;
}

static unsigned loose_flows(const struct judged *j, uint8_t hop)
{
	const struct mda_hop *h = &j->g->hop[hop + 1];
	uint32_t n = h->answers;
	for (uint16_t f = 0; j->coming && f < j->g->flows; f++) {
		uint8_t state = mda_graph_cell(j->g, f, (uint8_t)(hop + 1))->state;
		n += state == MDA_OPEN || state == MDA_AGAIN;
	}
	return n;
}

bool mda_stop_meshed(struct mda_graph *g, uint8_t hop)
{
	const struct mda_hop *h = &g->hop[hop];
	if (hop + 1 >= g->hops || mda_graph_loose(g, hop))
		return false;
	mda_graph_count(g, hop);
	for (uint8_t i = 0; i < h->count && h->live > 1; i++)
		if (judges(h, i) && __builtin_popcountll(h->next[i]) > 1)
			return true;
	return false;
}

// How likely a router with K next hops found is to have one more, its flows not looked at: as
// likely as its like were found to.
static double odds(const unsigned *count, unsigned k)
{
	return (count[k + 1] + 0.5) / (count[k] + 0.5);
}

static void count_hop(const struct judged *j, const struct mda_hop *h, unsigned *count)
{
	for (uint8_t i = 0; i < h->count; i++)
		if (judges(h, i))
			count[found(j, h, i)]++;
}

// Routers that are alone at their hop, for "full" all.
static void count_single(struct judged *j)
{
	for (uint8_t hop = 0; hop <= j->last && hop + 1 < j->g->hops; hop++) {
		mda_graph_count(j->g, hop);
		if (!mda_graph_loose(j->g, hop) &&
		    (j->mode == MDA_FULL || j->g->hop[hop].live == 1))
			count_hop(j, &j->g->hop[hop], j->single);
	}
}

typedef void visit_fn(struct judged *j, uint8_t hop, uint8_t node, double risk, void *arg);

static void each_of(struct judged *j, uint8_t hop, visit_fn *fn, void *arg)
{
	const struct mda_hop *h = &j->g->hop[hop];
	unsigned own[LEVELS + 1] = { 0 };
	bool wide = j->mode == MDA_LITE && h->live > 1;
	if (wide)
		count_hop(j, h, own);
	for (uint8_t i = 0; i < h->count; i++) {
		if (!judges(h, i))
			continue;
		unsigned k = found(j, h, i);
		double risk = mda_stop_risk(k, flows(j, h, i));
		// Alone at its hop it is asked as often as by itself, too.
		if (wide || risk <= j->risk)
			risk *= k == 0 ? 1 : odds(wide ? own : j->single, k);
		// It could lack only what no other router of the hop leads to either. Such an
		// interface hangs on one router as likely as on all of them.
		if (wide && k == j->g->hop[hop + 1].live)
			risk /= h->live;
		fn(j, hop, i, risk, arg);
	}
}

static void each(struct judged *j, visit_fn *fn, void *arg)
{
	for (uint8_t hop = 0; hop <= j->last && hop + 1 < j->g->hops; hop++) {
		if (!mda_graph_loose(j->g, hop)) {
			each_of(j, hop, fn, arg);
			continue;
		}
		unsigned k = loose_found(j, hop);
		if (hop < j->last)
			fn(j, hop, MDA_NONE, mda_stop_risk(k, loose_flows(j, hop)), arg);
	}
}

static void tally(struct judged *j, uint8_t hop, uint8_t node, double risk, void *arg)
{
	(void)j, (void)hop, (void)node;
	*(double *)arg += risk;
}

static double total(struct judged *j)
{
	double sum = 0;
	count_single(j);
	each(j, tally, &sum);
	return sum;
}

double mda_stop_graph(struct mda_graph *g, enum mda_mode mode, uint8_t last, double risk,
		      bool coming)
{
	struct judged j = { .g = g, .mode = mode, .last = last, .risk = risk, .coming = coming };
	return total(&j);
}

static bool is_blocked(uint64_t blocked, uint8_t hop)
{
	return (blocked >> (hop & 63) & 1) != 0;
}

static bool find_empty(const struct mda_graph *g, uint8_t hop, uint16_t *flow)
{
	for (*flow = 0; *flow < g->flows; (*flow)++)
		if (mda_graph_cell(g, *flow, hop)->state == MDA_EMPTY)
			return true;
	return g->flows < g->flows_max; // *FLOW is a new one
}

// A flow that passes NODE at HOP and has not been asked further on.
static bool go_on(const struct mda_graph *g, uint8_t hop, uint8_t node, struct mda_choice *out)
{
	out->hop = (uint8_t)(hop + 1);
	out->goal_hop = 0;
	out->goal_node = MDA_NONE;
	if (hop == 0 || g->hop[hop].live == 1)
		return find_empty(g, out->hop, &out->flow);
	for (out->flow = 0; out->flow < g->flows; out->flow++)
		if (mda_graph_cell(g, out->flow, out->hop)->state == MDA_EMPTY &&
		    mda_graph_at(g, out->flow, hop) == node)
			return true;
	return false;
}

// A flow known at the next hop but not here. Not one known to come out of NODE: flows chosen for
// what they do further on are no fair sample of what the routers before do with flows.
static bool look_back(const struct mda_graph *g, uint8_t hop, uint8_t node, struct mda_choice *out)
{
	*out = (struct mda_choice){ .hop = hop, .goal_hop = hop, .goal_node = node };
	for (; out->flow < g->flows; out->flow++)
		if (mda_graph_cell(g, out->flow, hop)->state == MDA_EMPTY &&
		    mda_graph_cell(g, out->flow, (uint8_t)(hop + 1))->state == MDA_KNOWN)
			return true;
	return false;
}

// How surely the interface before leads to one of those in AIM.
static double aims(const struct mda_hop *before, uint8_t node, uint64_t aim)
{
	uint64_t next = before->next[node];
	if ((next & aim) == 0)
		return 0;
	return (double)__builtin_popcountll(next & aim) / __builtin_popcountll(next);
}

// The flow at HOP - 1, not asked at HOP yet, that most surely comes to one of those in AIM.
static bool find_towards(const struct mda_graph *g, uint8_t hop, uint64_t aim, uint16_t *flow)
{
	double best = 0;
	for (uint16_t f = 0; f < g->flows; f++) {
		uint8_t at = mda_graph_at(g, f, (uint8_t)(hop - 1));
		if (mda_graph_cell(g, f, hop)->state != MDA_EMPTY || at == MDA_NONE)
			continue;
		double chance = aims(&g->hop[hop - 1], at, aim);
		if (chance > best) {
			best = chance;
			*flow = f;
		}
	}
	return best > 0;
}

static uint64_t all_before(const struct mda_graph *g, uint8_t hop, uint64_t aim)
{
	const struct mda_hop *h = &g->hop[hop - 1];
	uint64_t all = 0;
	for (uint8_t i = 0; i < h->count; i++)
		if (judges(h, i) && (h->next[i] & aim) != 0)
			all |= UINT64_C(1) << i;
	return all;
}

// A flow more through NODE at HOP: one that is on the way there already, from as near as there is.
static bool reach(struct mda_graph *g, uint8_t hop, uint8_t node, struct mda_choice *out)
{
	uint64_t aim = UINT64_C(1) << node;
	*out = (struct mda_choice){ .goal_hop = hop, .goal_node = node };
	for (uint8_t at = hop; at >= 1; at--) {
		out->hop = at;
		mda_graph_count(g, (uint8_t)(at - 1));
		if (at == 1 || g->hop[at - 1].live <= 1 || mda_graph_loose(g, (uint8_t)(at - 1)))
			break;
		if (find_towards(g, at, aim, &out->flow))
			return true;
		aim = all_before(g, at, aim);
		if (aim == 0)
			break;
	}
	return find_empty(g, out->hop, &out->flow);
}

static bool act(struct mda_graph *g, uint8_t hop, uint8_t node, uint64_t blocked,
		struct mda_choice *out)
{
	if (node == MDA_NONE) {
		*out = (struct mda_choice){ .hop = (uint8_t)(hop + 1), .goal_node = MDA_NONE };
		return !is_blocked(blocked, out->hop) && find_empty(g, out->hop, &out->flow);
	}
	if (go_on(g, hop, node, out))
		return !is_blocked(blocked, out->hop);
	if (hop == 0 || g->hop[hop].live == 1)
		return false;
	if (!is_blocked(blocked, hop) && look_back(g, hop, node, out))
		return true;
	return reach(g, hop, node, out) && !is_blocked(blocked, out->hop);
}

struct best {
	double gain;
	uint64_t blocked;
	struct mda_choice choice;
};

// What one more flow takes off the risk, by what it costs to bring it there: of the flows that come
// to the hop one in so many passes this router. (The others are of use too: hence no more exact.)
static double gain_of(const struct judged *j, uint8_t hop, unsigned k, double risk, bool go_on)
{
	double gain = risk / (k + 1);
	return go_on || j->g->hop[hop].live == 0 ? gain : gain / j->g->hop[hop].live;
}

static void pick(struct judged *j, uint8_t hop, uint8_t node, double risk, void *arg)
{
	struct best *b = arg;
	struct mda_choice choice;
	unsigned k = node == MDA_NONE ? loose_found(j, hop) : found(j, &j->g->hop[hop], node);
	if (gain_of(j, hop, k, risk, true) <= b->gain || !act(j->g, hop, node, b->blocked, &choice))
		return;
	double gain = gain_of(j, hop, k, risk, choice.goal_hop == 0);
	if (gain > b->gain) {
		b->gain = gain;
		b->choice = choice;
	}
}

bool mda_stop_choose(struct mda_graph *g, enum mda_mode mode, uint8_t last, double risk,
		     uint64_t blocked, struct mda_choice *out)
{
	struct judged j = { .g = g, .mode = mode, .last = last, .risk = risk, .coming = true };
	struct best b = { .blocked = blocked };
	if (total(&j) <= risk)
		return false;
	each(&j, pick, &b);
	*out = b.choice;
	return b.choice.hop != 0;
}
