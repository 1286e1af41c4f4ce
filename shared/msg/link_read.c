// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "msg/link.h"
#include "msg/order.h"
#include "msg/unpack.h"

#include "proto/link.pb-c.h"

#define LINK_TEXT_MAX 512 // bytes of a reason or a software's name

static enum err read_hello(const ProtobufCMessage *m, struct link_head *out)
{
	const Waymark__Hello *h = (const Waymark__Hello *)m;
	for (size_t i = 0; i < h->n_version; i++)
		if (h->version[i] > out->version)
			out->version = h->version[i];
	out->epoch = h->epoch;
	out->first_unacked = h->first_unacked;
	out->next_seq = h->next_seq;
	out->spool_bytes = h->spool_bytes;
	out->dropped = h->dropped_records;
	out->last_serial = h->last_serial;
	if (text_of(h->node, NODE_NAME_MAX, &out->node) != ERR_OK ||
	    text_of(h->software, LINK_TEXT_MAX, &out->software) != ERR_OK)
		return ERR_FORMAT;
	return clock_of(h->clock, &out->clock);
}

static enum err read_welcome(const ProtobufCMessage *m, struct link_head *out)
{
	const Waymark__Welcome *w = (const Waymark__Welcome *)m;
	out->version = w->version;
	out->last_seq = w->last_seq;
	out->credit = w->credit;
	out->answered = wall_of(w->now_ns);
	return ERR_OK;
}

static enum err read_reject(const ProtobufCMessage *m, struct link_head *out)
{
	const Waymark__Reject *r = (const Waymark__Reject *)m;
	out->reject = (enum reject_reason)known_of((int)r->reason, REJECT_BUSY + 1);
	out->retry_after_s = r->retry_after_s;
	return text_of(r->detail, LINK_TEXT_MAX, &out->detail);
}

static enum err read_batch(const ProtobufCMessage *m, struct link_head *out)
{
	const Waymark__BatchHead *b = (const Waymark__BatchHead *)m;
	out->epoch = b->epoch;
	out->seq = b->seq;
	return ERR_OK;
}

static enum err read_ack(const ProtobufCMessage *m, struct link_head *out)
{
	const Waymark__Ack *a = (const Waymark__Ack *)m;
	out->epoch = a->epoch;
	out->last_seq = a->last_seq;
	out->credit = a->credit;
	return ERR_OK;
}

static enum err read_nack(const ProtobufCMessage *m, struct link_head *out)
{
	const Waymark__Nack *n = (const Waymark__Nack *)m;
	out->epoch = n->epoch;
	out->seq = n->seq;
	out->nack = (enum nack_reason)known_of((int)n->reason, NACK_REASON_COUNT);
	out->permanent = n->permanent;
	out->last_seq = n->last_seq;
	return text_of(n->detail, LINK_TEXT_MAX, &out->detail);
}

static enum err read_ping(const ProtobufCMessage *m, struct link_head *out)
{
	out->sent = wall_of(((const Waymark__Ping *)m)->sent_ns);
	return ERR_OK;
}

static enum err read_pong(const ProtobufCMessage *m, struct link_head *out)
{
	const Waymark__Pong *p = (const Waymark__Pong *)m;
	out->sent = wall_of(p->sent_ns);
	out->received = wall_of(p->received_ns);
	out->answered = wall_of(p->answered_ns);
	out->credit = p->credit;
	return ERR_OK;
}

static enum err read_order_state(const ProtobufCMessage *m, struct link_head *out)
{
	const Waymark__OrderState *s = (const Waymark__OrderState *)m;
	out->state = s->state;
	return run_of(s->order, &out->order);
}

static enum err read_drain(const ProtobufCMessage *m, struct link_head *out)
{
	const Waymark__Drain *d = (const Waymark__Drain *)m;
	out->epoch = d->epoch;
	out->next_seq = d->next_seq;
	return ERR_OK;
}

static enum err read_meet(const ProtobufCMessage *m, struct link_head *out)
{
	const Waymark__Meet *e = (const Waymark__Meet *)m;
	struct link_meet *meet = &out->meet;
	meet->varies = e->varies;
	if (e->side != 1 && e->side != 2)
		return ERR_RANGE;
	meet->side = (uint8_t)e->side;
	if (text_of(e->other, NODE_NAME_MAX, &meet->other) != ERR_OK ||
	    run_of(e->run, &meet->run) != ERR_OK || addr_of_bytes(e->addr, &meet->addr) != ERR_OK ||
	    meet->addr.family == 0 || port_of(e->port, &meet->port) != ERR_OK)
		return ERR_FORMAT;
	return ERR_OK;
}

typedef enum err read_fn(const ProtobufCMessage *m, struct link_head *out);

static const struct reader {
	const ProtobufCMessageDescriptor *of;
	read_fn *read;
} readers[] = {
	[LINK_HELLO] = { &waymark__hello__descriptor, read_hello },
	[LINK_BATCH] = { &waymark__batch_head__descriptor, read_batch },
	[LINK_PING] = { &waymark__ping__descriptor, read_ping },
	[LINK_ORDER_STATE] = { &waymark__order_state__descriptor, read_order_state },
	[LINK_DRAIN] = { &waymark__drain__descriptor, read_drain },
	[LINK_WELCOME] = { &waymark__welcome__descriptor, read_welcome },
	[LINK_REJECT] = { &waymark__reject__descriptor, read_reject },
	[LINK_ACK] = { &waymark__ack__descriptor, read_ack },
	[LINK_NACK] = { &waymark__nack__descriptor, read_nack },
	[LINK_PONG] = { &waymark__pong__descriptor, read_pong },
	[LINK_MEET] = { &waymark__meet__descriptor, read_meet },
};

static enum err read_order(struct span head, struct link_head *out)
{
	out->signed_order = head;
	return head.len > 0 && head.len <= ORDER_SIZE_MAX ? ERR_OK : ERR_FORMAT;
}

enum err link_read(struct span magic, struct span head, struct arena *arena, struct link_head *out)
{
	ProtobufCMessage *m;
	*out = (struct link_head){ 0 };
	if (magic.len != 4 || memcmp(magic.at, LINK_MAGIC, 3) != 0)
		return ERR_FORMAT;
	uint8_t verb = magic.at[3];
	out->verb = (enum link_verb)verb;
	if (verb == LINK_ORDER)
		return read_order(head, out);
	if (verb >= COUNT(readers) || readers[verb].of == NULL)
		return ERR_UNSUPPORTED;
	if (head.len > LINK_HEAD_MAX)
		return ERR_FULL;
	enum err err = unpack(readers[verb].of, head, arena, &m);
	return err != ERR_OK ? err : readers[verb].read(m, out);
}
