// SPDX-License-Identifier: Apache-2.0
#include "trace/extras.h"

#include <stdlib.h>
#include <string.h>

#include "wire/icmp.h"

#define ROOM_FIRST  64
#define OBJECT_MOST 96 // of one object or of options; more is cut
#define OBJECT_MPLS 1  // kept as labels

// Entries of one answer being written.
struct telling {
	struct trace_extras *x;
	size_t most;
	uint16_t number;
	unsigned skip, told;
};

void trace_extras_wipe(struct trace_extras *x)
{
	free(x->bytes);
	*x = (struct trace_extras){ 0 };
}

static bool has_room(struct trace_extras *x, size_t want, size_t most)
{
	size_t room = x->room == 0 ? ROOM_FIRST : x->room;
	while (room < want)
		room *= 2;
	if (room == x->room)
		return true;
	uint8_t *bytes = room > most ? NULL : realloc(x->bytes, room);
	if (bytes == NULL)
		return false;
	x->bytes = bytes;
	x->room = (uint16_t)room;
	return true;
}

static void keep(struct telling *t, enum trace_extra_kind kind, struct span head, struct span data)
{
	struct trace_extras *x = t->x;
	size_t len = head.len + data.len, want = x->len + TRACE_EXTRA_HEAD + len;
	t->told |= 1u << kind;
	if ((t->skip >> kind & 1) != 0 || !has_room(x, want, t->most))
		return;
	uint8_t *to = x->bytes + x->len;
	to[0] = (uint8_t)(t->number >> 8);
	to[1] = (uint8_t)t->number;
	to[2] = (uint8_t)kind;
	to[3] = (uint8_t)len;
	memcpy(to + TRACE_EXTRA_HEAD, head.at, head.len);
	if (data.len > 0)
		memcpy(to + TRACE_EXTRA_HEAD + head.len, data.at, data.len);
	x->len = (uint16_t)want;
}

static void keep_number(struct telling *t, enum trace_extra_kind kind, uint32_t n, size_t bytes)
{
	const uint8_t be[] = { (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8),
			       (uint8_t)n };
	keep(t, kind, span_of(be + sizeof(be) - bytes, bytes), (struct span){ 0 });
}

static void compare(struct telling *t, const struct trace_sent *sent, const struct trace_reply *r)
{
	if (r->quoted_tos != sent->tos)
		keep_number(t, TRACE_SEEN_TOS, r->quoted_tos, 1);
	if (sent->src->family == 4 && r->quoted_id != sent->ip_id)
		keep_number(t, TRACE_SEEN_ID, r->quoted_id, 2);
	if (r->sport != sent->sport)
		keep_number(t, TRACE_SEEN_SPORT, r->sport, 2);
	if (sent->has_dport && r->dport != sent->dport)
		keep_number(t, TRACE_SEEN_DPORT, r->dport, 2);
	if (!addr_eq(r->src, *sent->src))
		keep(t, TRACE_SEEN_SRC, span_of(r->src.bytes, addr_bits(r->src) / 8u),
		     (struct span){ 0 });
	if (sent->has_check && r->has_check && r->check != sent->check)
		keep_number(t, TRACE_SEEN_CHECK, r->check, 2);
}

static void keep_objects(struct telling *t, struct span objects)
{
	struct rd rd = rd_of(objects);
	struct icmp_object o;
	while (icmp_object_next(&rd, &o)) {
		const uint8_t head[] = { o.class, o.kind };
		if (o.class != OBJECT_MPLS)
			keep(t, TRACE_TOLD_OBJECT, span_of(head, sizeof(head)),
			     span_cut(o.data, 0, OBJECT_MOST));
	}
}

unsigned trace_extras_keep(struct trace_extras *x, size_t most, uint16_t number,
			   const struct trace_sent *sent, const struct trace_reply *r,
			   unsigned skip)
{
	struct telling t = { .x = x, .most = most, .number = number, .skip = skip };
	if (r->quoted)
		compare(&t, sent, r);
	if (r->objects.len > 0)
		keep_objects(&t, r->objects);
	if (r->tcp_options.len > 0)
		keep(&t, TRACE_TOLD_TCP_OPTIONS, span_cut(r->tcp_options, 0, OBJECT_MOST),
		     (struct span){ 0 });
	if (r->mtu > 0)
		keep_number(&t, TRACE_TOLD_MTU, r->mtu, 4);
	return t.told;
}
