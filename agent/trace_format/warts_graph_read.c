// SPDX-License-Identifier: Apache-2.0
#include "base/macro.h"
#include "trace_format/warts.h"
#include "trace_format/warts_graph.h"

#define THINGS_MAX ((size_t)4 * TRACE_DOC_REPLIES) // nodes, links, sets, probes, replies together

// Params by their numbers; what `old` names came by the global table.
enum { SRC_OLD = 3, DST_OLD, START, SPORT, DPORT, SIZE, TYPE, FIRST, WAIT_TIMEOUT, WAIT_PROBE };
enum { ATTEMPTS = 13, CONFIDENCE, TOS, NODES, LINKS, PROBES, PROBES_MAX, GAP, SRC, DST, USER };
enum { HEAD_FLAGS = 24, ROUTER, HEAD_COUNT };
enum { NODE_OLD = 1, NODE_FLAGS, NODE_LINKS, NODE_QUOTED, NODE_ADDR, NODE_NAME, NODE_COUNT };
enum { LINK_FROM = 1, LINK_TO, LINK_HOPS, LINK_COUNT };
enum { SET_PROBES = 1, SET_COUNT };
enum { PROBE_TX = 1, PROBE_FLOW, PROBE_TTL, PROBE_ATTEMPT, PROBE_REPLIES, PROBE_COUNT };
enum { REPLY_RX = 1, REPLY_ID, REPLY_TTL, REPLY_FLAGS, REPLY_ICMP, REPLY_TCP, REPLY_EXTENSIONS };
enum { REPLY_Q_TTL = 8, REPLY_Q_TOS, REPLY_OLD, REPLY_FROM, REPLY_COUNT };

static const uint8_t head_len[HEAD_COUNT] = {
	0,
	4,
	4,
	4,
	4,
	8,
	2,
	2,
	2,
	1,
	1,
	1,
	1,
	1, // 1 to 13
	1,
	1,
	2,
	2,
	4,
	4,
	1,
	WARTS_AN_ADDR,
	WARTS_AN_ADDR,
	4,
	1,
	WARTS_LONE_ADDR,
};
static const uint8_t node_len[NODE_COUNT] = { 0, 4, 1, 2, 1, WARTS_AN_ADDR, WARTS_TEXT };
static const uint8_t link_len[LINK_COUNT] = { 0, 2, 2, 1 };
static const uint8_t set_len[SET_COUNT] = { 0, 2 };
static const uint8_t probe_len[PROBE_COUNT] = { 0, 8, 2, 1, 1, 2 };
static const uint8_t reply_len[REPLY_COUNT] = { 0, 8, 2, 1,
						1, 2, 1, WARTS_COUNTED,
						1, 1, 4, WARTS_AN_ADDR };

struct builder {
	struct warts_reader in;
	size_t things;
};

struct value {
	bool there;
	uint64_t n;
	struct span bytes;
	struct addr addr;
};

// The params of one list by number, absent ones zero. Faults stay in the reader.
static void values_read(struct builder *b, const uint8_t *len, size_t count, struct value *out)
{
	struct warts_params p = warts_params_read(&b->in.in);
	for (size_t i = 0; i < count; i++) {
		out[i] = (struct value){ .there = i > 0 && (p.there >> i & 1) != 0 };
		if (!out[i].there)
			continue;
		out[i].bytes = warts_value_take(&b->in, &p.in, len[i], &out[i].addr);
		out[i].n = warts_number(out[i].bytes);
	}
	if (p.in.err != ERR_OK)
		rd_fail(&b->in.in, p.in.err == ERR_RANGE ? ERR_RANGE : ERR_FORMAT);
}

static void old_refuse(struct builder *b, const struct value *v)
{
	if (v->there)
		rd_fail(&b->in.in, ERR_UNSUPPORTED);
}

static struct graph_time time_of(const struct value *v)
{
	return (struct graph_time){ (uint32_t)(v->n >> 32), (uint32_t)v->n };
}

// Room for COUNT things, each of which takes a byte of the file at least. NULL: the reader failed.
static void *room(struct builder *b, size_t count, size_t size)
{
	struct rd *r = &b->in.in;
	if (r->err == ERR_OK && count > rd_left(r))
		rd_fail(r, ERR_FORMAT);
	b->things += count;
	if (b->things > THINGS_MAX)
		rd_fail(r, ERR_RANGE);
	if (r->err != ERR_OK)
		return NULL;
	void *out = arena_take(b->in.arena, (count + 1) * size);
	if (out == NULL)
		rd_fail(r, ERR_MEMORY);
	return out;
}

static void reply_read(struct builder *b, struct graph_reply *r)
{
	struct value v[REPLY_COUNT];
	values_read(b, reply_len, REPLY_COUNT, v);
	old_refuse(b, &v[REPLY_OLD]);
	*r = (struct graph_reply){
		.rx = time_of(&v[REPLY_RX]),
		.from = v[REPLY_FROM].addr,
		.ip_id = (uint16_t)v[REPLY_ID].n,
		.ttl = (uint8_t)v[REPLY_TTL].n,
		.flags = (uint8_t)v[REPLY_FLAGS].n,
		.type = (uint8_t)(v[REPLY_ICMP].n >> 8),
		.code = (uint8_t)v[REPLY_ICMP].n,
		.tcp_flags = (uint8_t)v[REPLY_TCP].n,
		.quoted_ttl = (uint8_t)v[REPLY_Q_TTL].n,
		.quoted_tos = (uint8_t)v[REPLY_Q_TOS].n,
	};
	if (v[REPLY_EXTENSIONS].there &&
	    warts_labels_read(b->in.arena, v[REPLY_EXTENSIONS].bytes, &r->labels) != ERR_OK)
		rd_fail(&b->in.in, ERR_MEMORY);
}

static void probe_read(struct builder *b, struct graph_probe *p)
{
	struct value v[PROBE_COUNT];
	values_read(b, probe_len, PROBE_COUNT, v);
	*p = (struct graph_probe){
		.tx = time_of(&v[PROBE_TX]),
		.flow = (uint16_t)v[PROBE_FLOW].n,
		.ttl = (uint8_t)v[PROBE_TTL].n,
		.attempt = (uint8_t)v[PROBE_ATTEMPT].n,
		.reply_count = (uint16_t)v[PROBE_REPLIES].n,
	};
	p->replies = room(b, p->reply_count, sizeof(*p->replies));
	for (size_t i = 0; p->replies != NULL && i < p->reply_count; i++)
		reply_read(b, &p->replies[i]);
}

static void set_read(struct builder *b, struct graph_set *s)
{
	struct value v[SET_COUNT];
	values_read(b, set_len, SET_COUNT, v);
	s->count = (uint16_t)v[SET_PROBES].n;
	s->probes = room(b, s->count, sizeof(*s->probes));
	for (size_t i = 0; s->probes != NULL && i < s->count; i++)
		probe_read(b, &s->probes[i]);
}

static void link_read(struct builder *b, struct graph *g, struct graph_link *l)
{
	struct value v[LINK_COUNT];
	values_read(b, link_len, LINK_COUNT, v);
	*l = (struct graph_link){
		.to = (uint16_t)v[LINK_TO].n,
		.has_to = v[LINK_TO].there,
		.hops = (uint8_t)v[LINK_HOPS].n,
	};
	if (v[LINK_FROM].n >= g->node_count || (l->has_to && l->to >= g->node_count)) {
		rd_fail(&b->in.in, ERR_FORMAT);
		return;
	}
	struct graph_node *from = &g->nodes[v[LINK_FROM].n];
	if (from->last == NULL)
		from->first = l;
	else
		from->last->next = l;
	from->last = l;
	l->sets = room(b, l->hops, sizeof(*l->sets));
	for (size_t i = 0; l->sets != NULL && i < l->hops; i++)
		set_read(b, &l->sets[i]);
}

static void node_read(struct builder *b, struct graph_node *n)
{
	struct value v[NODE_COUNT];
	values_read(b, node_len, NODE_COUNT, v);
	old_refuse(b, &v[NODE_OLD]);
	*n = (struct graph_node){
		.addr = v[NODE_ADDR].addr,
		.flags = (uint8_t)v[NODE_FLAGS].n,
		.quoted_ttl = (uint8_t)v[NODE_QUOTED].n,
		.link_count = (uint16_t)v[NODE_LINKS].n,
	};
	if (v[NODE_NAME].there && v[NODE_NAME].bytes.len > 0)
		n->name = span_cut(v[NODE_NAME].bytes, 0, v[NODE_NAME].bytes.len - 1);
}

static void head_read(struct builder *b, struct graph *g)
{
	struct value v[HEAD_COUNT];
	values_read(b, head_len, HEAD_COUNT, v);
	old_refuse(b, &v[SRC_OLD]);
	old_refuse(b, &v[DST_OLD]);
	*g = (struct graph){
		.src = v[SRC].addr,
		.dst = v[DST].addr,
		.router = v[ROUTER].addr,
		.start = time_of(&v[START]),
		.sport = (uint16_t)v[SPORT].n,
		.dport = (uint16_t)v[DPORT].n,
		.size = (uint16_t)v[SIZE].n,
		.node_count = (uint16_t)v[NODES].n,
		.link_count = (uint16_t)v[LINKS].n,
		.type = (uint8_t)v[TYPE].n,
		.first = (uint8_t)v[FIRST].n,
		.wait_timeout = (uint8_t)v[WAIT_TIMEOUT].n,
		.wait_probe = (uint8_t)v[WAIT_PROBE].n,
		.attempts = (uint8_t)v[ATTEMPTS].n,
		.confidence = (uint8_t)v[CONFIDENCE].n,
		.tos = (uint8_t)v[TOS].n,
		.gap = (uint8_t)v[GAP].n,
		.probes = (uint32_t)v[PROBES].n,
		.probes_max = (uint32_t)v[PROBES_MAX].n,
		.user = (uint32_t)v[USER].n,
	};
}

enum err graph_read(struct arena *a, struct span body, struct graph *g)
{
	struct builder b = { .things = 0 };
	struct graph_link *links = NULL;
	enum err err = warts_reader_init(&b.in, a, body);
	if (err != ERR_OK)
		return err;
	head_read(&b, g);
	g->nodes = room(&b, g->node_count, sizeof(*g->nodes));
	for (size_t i = 0; g->nodes != NULL && i < g->node_count; i++)
		node_read(&b, &g->nodes[i]);
	if (g->nodes != NULL)
		links = room(&b, g->link_count, sizeof(*links));
	for (size_t i = 0; links != NULL && b.in.in.err == ERR_OK && i < g->link_count; i++)
		link_read(&b, g, &links[i]);
	if (b.in.in.err != ERR_OK && b.in.in.err != ERR_RANGE && b.in.in.err != ERR_MEMORY &&
	    b.in.in.err != ERR_UNSUPPORTED)
		return ERR_FORMAT;
	return b.in.in.err;
}
