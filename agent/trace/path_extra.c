// SPDX-License-Identifier: Apache-2.0
//
// What an answer tells besides who sent it and when: what routers on the way had made of the probe
// (the quote against what was sent), and the objects and options it carries. Nothing is kept of an
// answer that tells nothing.
#include <stdlib.h>
#include <string.h>

#include "trace/path_part.h"
#include "trace/probe.h"
#include "wire/icmp.h"

#define ROOM_FIRST  64
#define ROOM_MOST   2048 // bytes of one trace
#define OBJECT_MOST 96   // of one object or of options; more is cut
#define OBJECT_MPLS 1    // kept as labels

static void keep(struct trace_path *p, uint16_t serial, enum trace_extra_kind kind,
		 struct span head, struct span data)
{
	size_t len = head.len + data.len, want = p->extra_len + TRACE_EXTRA_HEAD + len;
	if (want > p->extra_room) {
		size_t room = p->extra_room == 0 ? ROOM_FIRST : p->extra_room * 2u;
		while (room < want)
			room *= 2;
		uint8_t *extra = room > ROOM_MOST ? NULL : realloc(p->extra, room);
		if (extra == NULL)
			return;
		p->extra = extra;
		p->extra_room = (uint16_t)room;
	}
	uint8_t *to = p->extra + p->extra_len;
	to[0] = (uint8_t)(serial >> 8);
	to[1] = (uint8_t)serial;
	to[2] = (uint8_t)kind;
	to[3] = (uint8_t)len;
	memcpy(to + TRACE_EXTRA_HEAD, head.at, head.len);
	if (data.len > 0)
		memcpy(to + TRACE_EXTRA_HEAD + head.len, data.at, data.len);
	p->extra_len = (uint16_t)want;
}

static void keep_number(struct trace_path *p, uint16_t serial, enum trace_extra_kind kind,
			uint32_t n, size_t bytes)
{
	const uint8_t be[] = { (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8),
			       (uint8_t)n };
	keep(p, serial, kind, span_of(be + sizeof(be) - bytes, bytes), (struct span){ 0 });
}

static void compare(struct trace_path *p, uint16_t serial, const struct trace_reply *r)
{
	const struct trace_target *t = &p->target;
	bool tcp = t->method == TRACE_TCP_SYN || t->method == TRACE_TCP_ACK;
	if (r->quoted_tos != t->tos)
		keep_number(p, serial, TRACE_SEEN_TOS, r->quoted_tos, 1);
	if (t->dst.family == 4 && r->quoted_id != trace_path_ip_id(p, serial))
		keep_number(p, serial, TRACE_SEEN_ID, r->quoted_id, 2);
	if (r->sport != t->sport)
		keep_number(p, serial, TRACE_SEEN_SPORT, r->sport, 2);
	if (t->method != TRACE_ICMP && r->dport != t->dport)
		keep_number(p, serial, TRACE_SEEN_DPORT, r->dport, 2);
	if (!addr_eq(r->src, t->src))
		keep(p, serial, TRACE_SEEN_SRC, span_of(r->src.bytes, addr_bits(r->src) / 8u),
		     (struct span){ 0 });
	if (!tcp && r->has_check && r->check != trace_path_check(p, serial))
		keep_number(p, serial, TRACE_SEEN_CHECK, r->check, 2);
}

static void keep_objects(struct trace_path *p, uint16_t serial, struct span objects)
{
	struct rd rd = rd_of(objects);
	struct icmp_object o;
	while (icmp_object_next(&rd, &o)) {
		const uint8_t head[] = { o.class, o.kind };
		if (o.class != OBJECT_MPLS)
			keep(p, serial, TRACE_TOLD_OBJECT, span_of(head, sizeof(head)),
			     span_cut(o.data, 0, OBJECT_MOST));
	}
}

void trace_path_keep_extra(struct trace_path *p, uint16_t serial, const struct trace_reply *r)
{
	if (r->quoted)
		compare(p, serial, r);
	if (r->objects.len > 0)
		keep_objects(p, serial, r->objects);
	if (r->tcp_options.len > 0)
		keep(p, serial, TRACE_TOLD_TCP_OPTIONS, span_cut(r->tcp_options, 0, OBJECT_MOST),
		     (struct span){ 0 });
	if (r->mtu > 0)
		keep_number(p, serial, TRACE_TOLD_MTU, r->mtu, 4);
}
