// SPDX-License-Identifier: Apache-2.0
//
// Orders as bytes. Numbers are those of proto/order.proto, in rising order.
#include "msg/field.h"
#include "msg/order.h"
#include "msg/order_scan.h"

static void write_tunnel(struct wr *w, uint32_t number, const struct tunnel_order *t)
{
	size_t begun = field_begin(w, number);
	field_bytes(w, 1, span_of(t->peer_key, sizeof(t->peer_key)));
	field_addr(w, 2, &t->endpoint);
	field_u64(w, 3, t->port);
	field_addr(w, 4, &t->vantage4);
	field_addr(w, 5, &t->gateway4);
	field_addr(w, 6, &t->vantage6);
	field_addr(w, 7, &t->gateway6);
	field_addr(w, 8, &t->phone4);
	field_addr(w, 9, &t->phone6);
	field_u64(w, 10, t->mtu);
	field_text(w, 11, t->other);
	field_u64(w, 12, t->meet);
	field_end(w, begun);
}

static void write_limits(struct wr *w, uint32_t number, const struct trace_limits *l)
{
	size_t begun = field_begin(w, number);
	field_u64(w, 1, l->first_ttl);
	field_u64(w, 2, l->max_ttl);
	field_u64(w, 3, l->attempts);
	field_u64(w, 4, l->wait_ms);
	field_u64(w, 5, l->gap);
	field_u64(w, 6, l->share_s);
	field_u64(w, 7, l->again);
	field_u64(w, 8, l->sport);
	field_u64(w, 9, l->flow_label);
	field_u64(w, 10, l->tos);
	field_u64(w, 11, l->pmtu);
	field_end(w, begun);
}

static void write_targets(struct wr *w, uint32_t number, const struct order *o)
{
	for (size_t i = 0; i < o->target_count; i++) {
		const struct target *t = &o->targets[i];
		size_t begun = field_begin(w, number);
		field_addr(w, 1, &t->addr);
		field_u64(w, 2, t->port);
		field_u64(w, 3, t->method);
		field_text(w, 4, t->peer);
		field_end(w, begun);
	}
}

static void write_messages(struct wr *w, uint32_t number, const struct order *o)
{
	for (size_t i = 0; i < o->message_count; i++) {
		const struct planned_message *m = &o->messages[i];
		size_t begun = field_begin(w, number);
		field_text(w, 1, m->id);
		field_u64(w, 2, m->from_side);
		field_u64(w, 3, m->offset_ms);
		field_text(w, 4, m->text);
		field_end(w, begun);
	}
}

// What vantage and gateway share: fields 1 to 5 of both.
static void write_run(struct wr *w, const struct order *o)
{
	field_u64(w, 1, o->side);
	field_text(w, 2, o->app);
	field_wall(w, 3, o->start);
	field_u64(w, 4, o->length_ms);
	write_tunnel(w, 5, &o->tunnel);
}

static void write_vantage(struct wr *w, const struct order *o)
{
	size_t begun = field_begin(w, 16);
	write_run(w, o);
	write_targets(w, 6, o);
	write_limits(w, 7, &o->limits);
	field_end(w, begun);
}

static void write_gateway(struct wr *w, const struct order *o)
{
	size_t begun = field_begin(w, 17);
	write_run(w, o);
	field_text(w, 6, o->phone);
	field_text(w, 7, o->account);
	field_text(w, 8, o->peer_account);
	write_messages(w, 9, o);
	field_end(w, begun);
}

static void write_trace(struct wr *w, const struct order *o)
{
	size_t begun = field_begin(w, 18);
	write_targets(w, 1, o);
	write_limits(w, 2, &o->limits);
	field_end(w, begun);
}

static void write_graph(struct wr *w, const struct order *o)
{
	size_t begun = field_begin(w, 22);
	write_targets(w, 1, o);
	write_limits(w, 2, &o->limits);
	field_u64(w, 3, o->graph.mode);
	field_u64(w, 4, o->graph.confidence_ppm);
	field_u64(w, 5, o->graph.probes);
	field_end(w, begun);
}

enum err order_write(struct wr *out, const struct order *o)
{
	if (o->audience_count > ORDER_AUDIENCE_MAX || o->message_count > ORDER_MESSAGES_MAX ||
	    o->target_count > ORDER_TARGETS_MAX || o->fetch_count > ORDER_FETCHES_MAX ||
	    o->dns.type_count > ORDER_TYPES_MAX || o->path.count > ORDER_PATHS_MAX)
		return ERR_STATE;
	field_run(out, 1, &o->id);
	field_u64(out, 2, o->serial);
	for (size_t i = 0; i < o->audience_count; i++)
		field_item(out, 3, o->audience[i]);
	field_wall(out, 4, o->not_before);
	field_wall(out, 5, o->expires);
	field_run(out, 6, &o->run);
	if (o->kind == ORDER_VANTAGE)
		write_vantage(out, o);
	else if (o->kind == ORDER_GATEWAY)
		write_gateway(out, o);
	else if (o->kind == ORDER_TRACE)
		write_trace(out, o);
	else if (o->kind == ORDER_DNS)
		order_write_dns(out, 19, o);
	else if (o->kind == ORDER_DISCOVER)
		order_write_discover(out, 20, o);
	else if (o->kind == ORDER_FETCH)
		order_write_fetch(out, 21, o);
	else if (o->kind == ORDER_GRAPH)
		write_graph(out, o);
	else if (o->kind == ORDER_PATH)
		order_write_path(out, 23, o);
	else if (o->kind == ORDER_WITHDRAW)
		order_write_withdraw(out, 24, o);
	return out->err;
}

enum err signed_order_write(struct wr *out, const struct signed_order *in)
{
	field_bytes(out, 1, in->body);
	field_bytes(out, 2, in->key);
	field_bytes(out, 3, in->signature);
	return out->err;
}
