// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "msg/order.h"
#include "msg/order_scan.h"
#include "msg/unpack.h"

#include "proto/order.pb-c.h"

#define ORDER_WAIT_MAX   60000    // ms to wait for one answer
#define ORDER_SHARE_MAX  86400    // s, oldest hop that may be borrowed
#define ORDER_PROBES_MAX 59999    // of one graph
#define ORDER_SURE_MIN   500000   // least and
#define ORDER_SURE_MAX   999900   // most confidence, in millionths
#define ORDER_LENGTH_MAX 86400000 // ms of one run
#define KEY_SIZE         32
#define SIGNATURE_SIZE   64

// An inner address: BITS 32 or 128, or none.
static enum err inner_of(ProtobufCBinaryData b, size_t size, struct addr *out)
{
	if (b.len != 0 && b.len != size)
		return ERR_FORMAT;
	return addr_of_bytes(b, out);
}

static enum err read_tunnel(const Waymark__Tunnel *t, struct tunnel_order *out)
{
	if (t == NULL || t->peer_key.len != sizeof(out->peer_key))
		return ERR_FORMAT;
	memcpy(out->peer_key, t->peer_key.data, sizeof(out->peer_key));
	if (t->mtu != 0 && (t->mtu < 1280 || t->mtu > UINT16_MAX))
		return ERR_RANGE;
	out->mtu = (uint16_t)t->mtu;
	out->meet = t->meet;
	if (text_of(t->other, NODE_NAME_MAX, &out->other) != ERR_OK ||
	    (t->meet && out->other.len == 0))
		return ERR_FORMAT;
	if (addr_of_bytes(t->endpoint, &out->endpoint) != ERR_OK ||
	    port_of(t->port, &out->port) != ERR_OK)
		return ERR_FORMAT;
	if (inner_of(t->vantage4, 4, &out->vantage4) != ERR_OK ||
	    inner_of(t->gateway4, 4, &out->gateway4) != ERR_OK ||
	    inner_of(t->phone4, 4, &out->phone4) != ERR_OK ||
	    inner_of(t->vantage6, 16, &out->vantage6) != ERR_OK ||
	    inner_of(t->gateway6, 16, &out->gateway6) != ERR_OK ||
	    inner_of(t->phone6, 16, &out->phone6) != ERR_OK)
		return ERR_FORMAT;
	return ERR_OK;
}

static enum err read_limits(const Waymark__TraceLimits *l, struct trace_limits *out)
{
	*out = (struct trace_limits){ 0 };
	if (l == NULL)
		return ERR_OK;
	if (l->first_ttl > UINT8_MAX || l->max_ttl > UINT8_MAX || l->attempts > TRACE_TRIES_MAX ||
	    l->gap > UINT8_MAX || l->wait_ms > ORDER_WAIT_MAX || l->share_s > ORDER_SHARE_MAX ||
	    l->again > TRACE_TRIES_MAX + 1 || l->flow_label > TRACE_LABEL_MAX + 1 ||
	    l->tos > UINT8_MAX)
		return ERR_RANGE;
	uint32_t first = l->first_ttl != 0 ? l->first_ttl : 1;
	if (l->max_ttl != 0 && (l->max_ttl < first || l->max_ttl - first >= TRACE_HOPS_MAX))
		return ERR_RANGE;
	out->first_ttl = (uint8_t)l->first_ttl;
	out->max_ttl = (uint8_t)l->max_ttl;
	out->attempts = (uint8_t)l->attempts;
	out->gap = (uint8_t)l->gap;
	out->wait_ms = l->wait_ms;
	out->share_s = l->share_s;
	out->again = (uint8_t)l->again;
	out->flow_label = l->flow_label;
	out->tos = (uint8_t)l->tos;
	out->pmtu = l->pmtu;
	return port_of(l->sport, &out->sport);
}

static enum err read_target(const Waymark__Target *t, struct target *out)
{
	if (addr_of_bytes(t->addr, &out->addr) != ERR_OK || out->addr.family == 0 ||
	    port_of(t->port, &out->port) != ERR_OK ||
	    text_of(t->peer, NODE_NAME_MAX, &out->peer) != ERR_OK)
		return ERR_FORMAT;
	// A method of a newer build is work we cannot do: not something to guess at.
	if (t->method == TRACE_METHOD_UNKNOWN || t->method >= TRACE_METHOD_COUNT)
		return ERR_UNSUPPORTED;
	out->method = (enum trace_method)t->method;
	return ERR_OK;
}

static enum err read_targets(Waymark__Target *const *list, size_t count, struct arena *arena,
			     struct order *out)
{
	if (count > ORDER_TARGETS_MAX)
		return ERR_FULL;
	out->target_count = count;
	if (count == 0)
		return ERR_OK;
	out->targets = arena_take(arena, count * sizeof(*out->targets));
	if (out->targets == NULL)
		return ERR_FULL;
	enum err err = ERR_OK;
	for (size_t i = 0; i < count && err == ERR_OK; i++)
		err = read_target(list[i], &out->targets[i]);
	return err;
}

static enum err read_run(uint32_t side, const char *app, int64_t start_ns, uint32_t length_ms,
			 struct order *out)
{
	if (side != 1 && side != 2)
		return ERR_RANGE;
	if (length_ms == 0 || length_ms > ORDER_LENGTH_MAX)
		return ERR_RANGE;
	out->side = (uint8_t)side;
	out->start = wall_of(start_ns);
	out->length_ms = length_ms;
	return text_of(app, NODE_NAME_MAX, &out->app);
}

static enum err read_vantage(const Waymark__VantageRun *v, struct arena *arena, struct order *out)
{
	out->kind = ORDER_VANTAGE;
	enum err err = read_run(v->side, v->app, v->start_ns, v->length_ms, out);
	if (err == ERR_OK)
		err = read_tunnel(v->tunnel, &out->tunnel);
	if (err == ERR_OK)
		err = read_targets(v->direct, v->n_direct, arena, out);
	return err != ERR_OK ? err : read_limits(v->limits, &out->limits);
}

static enum err read_messages(const Waymark__GatewayRun *g, struct order *out)
{
	if (g->n_message > ORDER_MESSAGES_MAX)
		return ERR_FULL;
	out->message_count = g->n_message;
	for (size_t i = 0; i < g->n_message; i++) {
		const Waymark__PlannedMessage *m = g->message[i];
		struct planned_message *to = &out->messages[i];
		to->offset_ms = m->offset_ms;
		if (m->from_side != 1 && m->from_side != 2)
			return ERR_RANGE;
		to->from_side = (uint8_t)m->from_side;
		if (text_of(m->id, TEXT_MAX, &to->id) != ERR_OK ||
		    text_of(m->text, TEXT_MAX, &to->text) != ERR_OK)
			return ERR_FORMAT;
	}
	return ERR_OK;
}

static enum err read_gateway(const Waymark__GatewayRun *g, struct order *out)
{
	out->kind = ORDER_GATEWAY;
	enum err err = read_run(g->side, g->app, g->start_ns, g->length_ms, out);
	if (err == ERR_OK)
		err = read_tunnel(g->tunnel, &out->tunnel);
	if (err != ERR_OK)
		return err;
	if (text_of(g->phone, TEXT_MAX, &out->phone) != ERR_OK ||
	    text_of(g->account, TEXT_MAX, &out->account) != ERR_OK ||
	    text_of(g->peer_account, TEXT_MAX, &out->peer_account) != ERR_OK)
		return ERR_FORMAT;
	return read_messages(g, out);
}

static enum err read_trace(const Waymark__TraceList *t, struct arena *arena, struct order *out)
{
	out->kind = ORDER_TRACE;
	enum err err = read_targets(t->target, t->n_target, arena, out);
	return err != ERR_OK ? err : read_limits(t->limits, &out->limits);
}

static enum err read_graph(const Waymark__GraphList *g, struct arena *arena, struct order *out)
{
	out->kind = ORDER_GRAPH;
	enum err err = read_targets(g->target, g->n_target, arena, out);
	if (err == ERR_OK)
		err = read_limits(g->limits, &out->limits);
	if (err != ERR_OK)
		return err;
	for (size_t i = 0; i < out->target_count; i++)
		if (out->targets[i].method == TRACE_FLOW)
			return ERR_UNSUPPORTED;
	if (g->mode >= GRAPH_MODE_COUNT)
		return ERR_UNSUPPORTED;
	bool sure = g->confidence_ppm == 0 ||
		    (g->confidence_ppm >= ORDER_SURE_MIN && g->confidence_ppm <= ORDER_SURE_MAX);
	if (!sure || g->probes > ORDER_PROBES_MAX || out->limits.max_ttl >= TRACE_HOPS_MAX)
		return ERR_RANGE;
	out->graph = (struct graph_order){ .mode = (enum graph_mode)g->mode,
					   .confidence_ppm = g->confidence_ppm,
					   .probes = g->probes };
	return ERR_OK;
}

static enum err read_work(const Waymark__Order *o, struct arena *arena, struct order *out)
{
	if (o->work_case == WAYMARK__ORDER__WORK_VANTAGE)
		return read_vantage(o->vantage, arena, out);
	if (o->work_case == WAYMARK__ORDER__WORK_GATEWAY)
		return read_gateway(o->gateway, out);
	if (o->work_case == WAYMARK__ORDER__WORK_TRACE)
		return read_trace(o->trace, arena, out);
	if (o->work_case == WAYMARK__ORDER__WORK_DNS)
		return order_read_dns(o->dns, out);
	if (o->work_case == WAYMARK__ORDER__WORK_DISCOVER)
		return order_read_discover(o->discover, out);
	if (o->work_case == WAYMARK__ORDER__WORK_FETCH)
		return order_read_fetch(o->fetch, arena, out);
	if (o->work_case == WAYMARK__ORDER__WORK_GRAPH)
		return read_graph(o->graph, arena, out);
	if (o->work_case == WAYMARK__ORDER__WORK_PATH)
		return order_read_path(o->path, arena, out);
	if (o->work_case == WAYMARK__ORDER__WORK_WITHDRAW)
		return order_read_withdraw(o->withdraw, out);
	return ERR_OK; // ORDER_NONE: work of a newer build; whoever obeys refuses its kind
}

static enum err read_audience(const Waymark__Order *o, struct order *out)
{
	if (o->n_audience > ORDER_AUDIENCE_MAX)
		return ERR_FULL;
	out->audience_count = o->n_audience;
	for (size_t i = 0; i < o->n_audience; i++)
		if (text_of(o->audience[i], NODE_NAME_MAX, &out->audience[i]) != ERR_OK)
			return ERR_FORMAT;
	return ERR_OK;
}

enum err order_read(struct span in, struct arena *arena, struct order *out)
{
	ProtobufCMessage *m;
	*out = (struct order){ 0 };
	if (in.len > ORDER_SIZE_MAX)
		return ERR_FULL;
	enum err err = unpack(&waymark__order__descriptor, in, arena, &m);
	if (err != ERR_OK)
		return err;
	const Waymark__Order *o = (const Waymark__Order *)m;
	out->serial = o->serial;
	out->not_before = wall_of(o->not_before_ns);
	out->expires = wall_of(o->expires_ns);
	static const struct run_id none;
	if (run_of(o->id, &out->id) != ERR_OK || memcmp(&out->id, &none, sizeof(none)) == 0 ||
	    run_of(o->run, &out->run) != ERR_OK)
		return ERR_FORMAT;
	err = read_audience(o, out);
	return err != ERR_OK ? err : read_work(o, arena, out);
}

enum err signed_order_read(struct span in, struct arena *arena, struct signed_order *out)
{
	ProtobufCMessage *m;
	*out = (struct signed_order){ 0 };
	if (in.len > ORDER_SIZE_MAX)
		return ERR_FULL;
	enum err err = unpack(&waymark__signed_order__descriptor, in, arena, &m);
	if (err != ERR_OK)
		return err;
	const Waymark__SignedOrder *s = (const Waymark__SignedOrder *)m;
	out->body = bytes_of(s->body);
	out->key = bytes_of(s->key);
	out->signature = bytes_of(s->signature);
	bool whole = out->body.len > 0 && out->key.len == KEY_SIZE &&
		     out->signature.len == SIGNATURE_SIZE;
	return whole ? ERR_OK : ERR_FORMAT;
}
