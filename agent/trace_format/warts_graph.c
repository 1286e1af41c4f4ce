// SPDX-License-Identifier: Apache-2.0
//
// A graph of a warts file is put into the words scamper's JSON has for it, and read as that: both
// files of one measurement give one document.
#include "trace_format/warts_graph.h"

#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "trace_format/format.h"
#include "trace_format/parts.h"
#include "trace_format/scamper.h"

#define WAYS_MAX 256 // at one hop between two nodes

#define ICMP_WITH_TTL(family, type)                                                                \
	((family) == 6 ? (type) == 1 || (type) == 3 : (type) == 3 || (type) == 11)

static void addr_or_star(struct json *j, struct addr a)
{
	if (a.family == 0)
		json_text(j, "addr", "*");
	else
		json_addr(j, "addr", a);
}

static void time_write(struct json *j, const char *key, struct graph_time t)
{
	json_object(j, key);
	json_int(j, "sec", t.sec);
	json_int(j, "usec", t.usec);
	json_end_object(j);
}

static void start_write(struct json *j, struct graph_time t)
{
	char text[WALL_TEXT];
	wall_write((struct wall){ (int64_t)t.sec * NS_PER_S }, text);
	text[10] = ' ';
	json_object(j, "start");
	json_int(j, "sec", t.sec);
	json_int(j, "usec", t.usec);
	json_span(j, "ftime", span_cut(span_text(text), 0, 19));
	json_end_object(j);
}

static void labels_write(struct json *j, const struct trace_doc_reply *r)
{
	if (r->label_count == 0)
		return;
	json_array(j, "icmpext");
	json_object(j, NULL);
	json_int(j, "ie_cn", 1);
	json_int(j, "ie_ct", 1);
	json_int(j, "ie_dl", 4 * r->label_count);
	json_array(j, "mpls_labels");
	for (size_t i = 0; i < r->label_count; i++) {
		json_object(j, NULL);
		json_int(j, "mpls_ttl", r->labels[i] & 0xff);
		json_int(j, "mpls_s", r->labels[i] >> 8 & 1);
		json_int(j, "mpls_exp", r->labels[i] >> 9 & 7);
		json_int(j, "mpls_label", r->labels[i] >> 12);
		json_end_object(j);
	}
	json_end_array(j);
	json_end_object(j);
	json_end_array(j);
}

static void reply_write(struct json *j, const struct graph_probe *p, const struct graph_reply *r)
{
	int64_t us = ((int64_t)r->rx.sec - p->tx.sec) * 1000000 + r->rx.usec - p->tx.usec;
	json_object(j, NULL);
	time_write(j, "rx", r->rx);
	json_int(j, "ttl", r->ttl);
	if (us >= 0) // else the clock was set back
		json_thousandths(j, "rtt", (uint64_t)us);
	if (r->from.family == 4)
		json_int(j, "ipid", r->ip_id);
	if ((r->flags & GRAPH_REPLY_TCP) != 0) {
		json_int(j, "tcp_flags", r->tcp_flags);
	} else {
		json_int(j, "icmp_type", r->type);
		json_int(j, "icmp_code", r->code);
		json_int(j, "icmp_q_tos", r->quoted_tos);
		if (ICMP_WITH_TTL(r->from.family, r->type))
			json_int(j, "icmp_q_ttl", r->quoted_ttl);
	}
	labels_write(j, &r->labels);
	json_end_object(j);
}

static size_t replies_of(const struct graph_probe *p, struct addr from)
{
	size_t n = 0;
	for (size_t i = 0; i < p->reply_count; i++)
		n += addr_eq(p->replies[i].from, from);
	return n;
}

static void probe_write(struct json *j, const struct graph_probe *p, struct addr from)
{
	size_t count = replies_of(p, from);
	json_object(j, NULL);
	time_write(j, "tx", p->tx);
	json_int(j, "replyc", (int64_t)count);
	json_int(j, "ttl", p->ttl);
	json_int(j, "attempt", p->attempt);
	json_int(j, "flowid", p->flow);
	if (count > 0) {
		json_array(j, "replies");
		for (size_t i = 0; i < p->reply_count; i++)
			if (addr_eq(p->replies[i].from, from))
				reply_write(j, p, &p->replies[i]);
		json_end_array(j);
	}
	json_end_object(j);
}

// The way to one address; WHOLE: with the probes that it did not answer.
static void way_write(struct json *j, const struct graph_set *s, struct addr to, bool whole)
{
	json_object(j, NULL);
	addr_or_star(j, to);
	json_array(j, "probes");
	for (size_t i = 0; i < s->count; i++)
		if (whole || replies_of(&s->probes[i], to) > 0)
			probe_write(j, &s->probes[i], to);
	json_end_array(j);
	json_end_object(j);
}

static void silence_write(struct json *j)
{
	json_object(j, NULL);
	json_text(j, "addr", "*");
	json_end_object(j);
}

// Whether a flow got no answer by any of its probes, which follow each other.
static bool some_silent(const struct graph_set *s)
{
	bool heard = true;
	for (size_t i = 0; i < s->count; i++) {
		if (i > 0 && s->probes[i].flow == s->probes[i - 1].flow) {
			heard = heard || s->probes[i].reply_count > 0;
			continue;
		}
		if (!heard)
			return true;
		heard = s->probes[i].reply_count > 0;
	}
	return !heard;
}

// scamper's order: words of 32 bits as a little-endian machine takes them. As addr_cmp.
static int scamper_cmp(struct addr a, struct addr b)
{
	for (size_t word = 0; word < sizeof(a.bytes); word += 4)
		for (size_t i = word + 4; i-- > word;)
			if (a.bytes[i] != b.bytes[i])
				return a.bytes[i] < b.bytes[i] ? -1 : 1;
	return (a.family > b.family) - (a.family < b.family);
}

// Puts A into its place among COUNT sorted ones, at most WAYS_MAX. Their number then.
static size_t sorted_put(struct addr *seen, size_t count, struct addr a)
{
	size_t at = 0;
	while (at < count && scamper_cmp(seen[at], a) < 0)
		at++;
	if (count == WAYS_MAX || (at < count && addr_eq(seen[at], a)))
		return count;
	memmove(&seen[at + 1], &seen[at], (count - at) * sizeof(*seen));
	seen[at] = a;
	return count + 1;
}

// A hop between the nodes of a link: a way to everybody who answered there.
static void between_write(struct json *j, const struct graph_set *s)
{
	struct addr seen[WAYS_MAX];
	size_t count = 0;
	for (size_t i = 0; i < s->count; i++)
		for (size_t k = 0; k < s->probes[i].reply_count; k++)
			count = sorted_put(seen, count, s->probes[i].replies[k].from);
	for (size_t i = 0; i < count; i++)
		way_write(j, s, seen[i], false);
	if (some_silent(s))
		silence_write(j);
}

static void link_hop_write(struct json *j, const struct graph *g, const struct graph_link *l,
			   size_t hop)
{
	static const struct graph_set none;
	if (hop + 1 < l->hops)
		between_write(j, &l->sets[hop]);
	else if (l->has_to)
		way_write(j, l->hops == 0 ? &none : &l->sets[hop], g->nodes[l->to].addr, true);
	else
		silence_write(j);
}

static void node_write(struct json *j, const struct graph *g, const struct graph_node *n)
{
	size_t hops = 1;
	json_object(j, NULL);
	addr_or_star(j, n->addr);
	if (n->name.len > 0)
		json_span(j, "name", n->name);
	if ((n->flags & GRAPH_NODE_QUOTED) != 0)
		json_int(j, "q_ttl", n->quoted_ttl);
	json_int(j, "linkc", n->link_count);
	json_array(j, "links");
	for (const struct graph_link *l = n->first; l != NULL; l = l->next)
		hops = l->hops > hops ? l->hops : hops;
	for (size_t i = 0; i < hops; i++) {
		json_array(j, NULL);
		for (const struct graph_link *l = n->first; l != NULL; l = l->next)
			if (i == 0 || i < l->hops)
				link_hop_write(j, g, l, i);
		json_end_array(j);
	}
	json_end_array(j);
	json_end_object(j);
}

static void head_write(struct json *j, const struct graph *g)
{
	static const char *const methods[] = { "unknown",   "udp-dport", "icmp-echo",
					       "udp-sport", "tcp-sport", "tcp-ack-sport" };
	json_text(j, "type", "tracelb");
	json_text(j, "version", "0.1");
	json_int(j, "userid", g->user);
	json_text(j, "method", methods[g->type < COUNT(methods) ? g->type : 0]);
	if (g->src.family != 0)
		json_addr(j, "src", g->src);
	if (g->dst.family != 0)
		json_addr(j, "dst", g->dst);
	if (g->router.family != 0)
		json_addr(j, "rtr", g->router);
	if (g->type != 2) {
		json_int(j, "sport", g->sport);
		json_int(j, "dport", g->dport);
	}
	start_write(j, g->start);
	json_int(j, "probe_size", g->size);
	json_int(j, "firsthop", g->first);
	json_int(j, "attempts", g->attempts);
	json_int(j, "confidence", g->confidence);
	json_int(j, "tos", g->tos);
	json_int(j, "gaplimit", g->gap);
	json_int(j, "wait_timeout", g->wait_timeout);
	json_int(j, "wait_probe", 10 * g->wait_probe); // ms of hundredths
	json_int(j, "probec", g->probes);
	json_int(j, "probec_max", g->probes_max);
	json_int(j, "nodec", g->node_count);
	json_int(j, "linkc", g->link_count);
}

static void graph_write(FILE *out, const struct graph *g)
{
	bool some = false;
	struct json j = json_of(out);
	json_object(&j, NULL);
	head_write(&j, g);
	for (size_t i = 0; i < g->node_count; i++) {
		if (g->nodes[i].first == NULL)
			continue;
		if (!some)
			json_array(&j, "nodes");
		some = true;
		node_write(&j, g, &g->nodes[i]);
	}
	if (some)
		json_end_array(&j);
	json_end_object(&j);
}

// As text on the arena.
static enum err graph_text(struct arena *a, const struct graph *g, struct span *out)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	if (f == NULL)
		return ERR_MEMORY;
	graph_write(f, g);
	bool whole = ferror(f) == 0;
	whole = fclose(f) == 0 && whole;
	uint8_t *copy = whole ? arena_take(a, len + 1) : NULL;
	if (copy != NULL) {
		memcpy(copy, text, len);
		*out = span_of(copy, len);
	}
	free(text);
	return copy == NULL ? ERR_MEMORY : ERR_OK;
}

enum err warts_graph_read(struct arena *a, struct span body, struct trace_doc *d)
{
	struct graph g;
	struct span text;
	struct tree *t;
	enum err err = graph_read(a, body, &g);
	if (err == ERR_OK)
		err = graph_text(a, &g, &text);
	if (err == ERR_OK)
		err = tree_read(a, text, &t);
	return err == ERR_OK ? scamper_read(a, t, d) : err;
}
