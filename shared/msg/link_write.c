// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "msg/field.h"
#include "msg/link.h"

static void write_hello(struct wr *w, const struct link_head *h)
{
	field_packed(w, 1, &h->version, 1);
	field_text(w, 2, h->node);
	field_fixed64(w, 3, h->epoch);
	field_u64(w, 4, h->first_unacked);
	field_u64(w, 5, h->next_seq);
	field_u64(w, 6, h->spool_bytes);
	field_u64(w, 7, h->dropped);
	field_clock(w, 8, &h->clock);
	field_u64(w, 9, h->last_serial);
	field_text(w, 10, h->software);
}

static void write_welcome(struct wr *w, const struct link_head *h)
{
	field_u64(w, 1, h->version);
	field_u64(w, 2, h->last_seq);
	field_u64(w, 3, h->credit);
	field_wall(w, 4, h->answered);
}

static void write_reject(struct wr *w, const struct link_head *h)
{
	field_u64(w, 1, h->reject);
	field_u64(w, 2, h->retry_after_s);
	field_text(w, 3, h->detail);
}

static void write_batch(struct wr *w, const struct link_head *h)
{
	field_fixed64(w, 1, h->epoch);
	field_u64(w, 2, h->seq);
}

static void write_ack(struct wr *w, const struct link_head *h)
{
	field_fixed64(w, 1, h->epoch);
	field_u64(w, 2, h->last_seq);
	field_u64(w, 3, h->credit);
}

static void write_nack(struct wr *w, const struct link_head *h)
{
	field_fixed64(w, 1, h->epoch);
	field_u64(w, 2, h->seq);
	field_u64(w, 3, h->nack);
	field_u64(w, 4, h->permanent);
	field_text(w, 5, h->detail);
	field_u64(w, 6, h->last_seq);
}

static void write_ping(struct wr *w, const struct link_head *h)
{
	field_wall(w, 1, h->sent);
}

static void write_pong(struct wr *w, const struct link_head *h)
{
	field_wall(w, 1, h->sent);
	field_wall(w, 2, h->received);
	field_wall(w, 3, h->answered);
	field_u64(w, 4, h->credit);
}

static void write_order_state(struct wr *w, const struct link_head *h)
{
	field_run(w, 1, &h->order);
	field_u64(w, 2, h->state);
}

static void write_drain(struct wr *w, const struct link_head *h)
{
	field_fixed64(w, 1, h->epoch);
	field_u64(w, 2, h->next_seq);
}

static void write_meet(struct wr *w, const struct link_head *h)
{
	const struct link_meet *m = &h->meet;
	field_text(w, 1, m->other);
	field_run(w, 2, &m->run);
	field_u64(w, 3, m->side);
	field_addr(w, 4, &m->addr);
	field_u64(w, 5, m->port);
	field_u64(w, 6, m->varies);
}

static void write_order(struct wr *w, const struct link_head *h)
{
	wr_bytes(w, h->signed_order);
}

typedef void write_fn(struct wr *w, const struct link_head *h);

static write_fn *const writers[] = {
	[LINK_HELLO] = write_hello,   [LINK_BATCH] = write_batch,
	[LINK_PING] = write_ping,     [LINK_ORDER_STATE] = write_order_state,
	[LINK_DRAIN] = write_drain,   [LINK_WELCOME] = write_welcome,
	[LINK_REJECT] = write_reject, [LINK_ACK] = write_ack,
	[LINK_NACK] = write_nack,     [LINK_PONG] = write_pong,
	[LINK_ORDER] = write_order,   [LINK_MEET] = write_meet,
};

enum err link_write(const struct link_head *in, uint8_t magic[static 4], struct wr *head)
{
	if ((size_t)in->verb >= COUNT(writers) || writers[in->verb] == NULL)
		return ERR_STATE;
	memcpy(magic, LINK_MAGIC, 3);
	magic[3] = (uint8_t)in->verb;
	writers[in->verb](head, in);
	return head->err;
}
