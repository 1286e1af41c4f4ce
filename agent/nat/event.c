// SPDX-License-Identifier: Apache-2.0
#include "nat/event.h"

#include <string.h>

#include "base/rd.h"

// Numbers of the kernel's interface.
enum {
	SUBSYSTEM_CONNTRACK = 1,
	MESSAGE_NEW = 0,
	MESSAGE_DELETE = 2,

	NESTED = 0x8000, // and another mark bit, beside the attribute's type
	TYPE_MASK = 0x3fff,

	TUPLE_ORIG = 1,
	TUPLE_REPLY = 2,

	PART_IP = 1,
	PART_PROTO = 2,

	IP4_SRC = 1,
	IP4_DST = 2,
	IP6_SRC = 3,
	IP6_DST = 4,

	PROTO_NUMBER = 1,
	PROTO_SPORT = 2,
	PROTO_DPORT = 3,
	PROTO_ICMP_ID = 4,
	PROTO_ICMP6_ID = 7,

	HEAD = 4, // struct nfgenmsg; struct nlattr
};

// Netlink heads are in the machine's own byte order.
static uint16_t native16(struct rd *r)
{
	struct span s = rd_span(r, 2);
	uint16_t v = 0;
	if (s.len == 2)
		memcpy(&v, s.at, 2);
	return v;
}

// The next attribute of R: its type, and a reader over its value. False at the end or at damage.
static bool next(struct rd *r, uint16_t *type, struct rd *value)
{
	if (r->err != ERR_OK || rd_left(r) < HEAD)
		return false;
	uint16_t len = native16(r);
	*type = native16(r) & TYPE_MASK;
	if (len < HEAD) {
		rd_fail(r, ERR_FORMAT);
		return false;
	}
	*value = rd_child(r, (size_t)len - HEAD);
	size_t pad = -(size_t)len & 3;
	rd_skip(r, pad < rd_left(r) ? pad : rd_left(r));
	return r->err == ERR_OK;
}

static enum err read_ip(struct rd in, struct nat_tuple *out)
{
	struct rd value;
	uint16_t type;
	while (next(&in, &type, &value)) {
		if (type == IP4_SRC || type == IP6_SRC)
			out->a = addr_of(rd_rest(&value));
		else if (type == IP4_DST || type == IP6_DST)
			out->b = addr_of(rd_rest(&value));
	}
	return in.err;
}

static enum err read_proto(struct rd in, struct nat_tuple *out)
{
	struct rd value;
	uint16_t type;
	while (next(&in, &type, &value)) {
		if (type == PROTO_NUMBER)
			out->proto = rd_u8(&value);
		else if (type == PROTO_SPORT)
			out->aport = rd_u16(&value);
		else if (type == PROTO_DPORT)
			out->bport = rd_u16(&value);
		else if (type == PROTO_ICMP_ID || type == PROTO_ICMP6_ID)
			out->aport = out->bport = rd_u16(&value);
		if (value.err != ERR_OK)
			return value.err;
	}
	return in.err;
}

static enum err read_tuple(struct rd in, struct nat_tuple *out)
{
	struct rd value;
	uint16_t type;
	enum err err = ERR_OK;
	while (err == ERR_OK && next(&in, &type, &value)) {
		if (type == PART_IP)
			err = read_ip(value, out);
		else if (type == PART_PROTO)
			err = read_proto(value, out);
	}
	return err == ERR_OK ? in.err : err;
}

static bool whole(const struct nat_tuple *t)
{
	return t->a.family != 0 && t->a.family == t->b.family && t->proto != 0;
}

enum err nat_event_read(uint16_t type, struct span message, struct nat_event *out)
{
	struct rd r = rd_of(message), value;
	uint16_t part;
	enum err err = ERR_OK;
	*out = (struct nat_event){ 0 };
	unsigned verb = type & 0xff;
	if (type >> 8 != SUBSYSTEM_CONNTRACK || (verb != MESSAGE_NEW && verb != MESSAGE_DELETE))
		return ERR_MISSING;
	out->ended = verb == MESSAGE_DELETE;
	rd_skip(&r, HEAD);
	while (err == ERR_OK && next(&r, &part, &value)) {
		if (part == TUPLE_ORIG)
			err = read_tuple(value, &out->asked);
		else if (part == TUPLE_REPLY)
			err = read_tuple(value, &out->answered);
	}
	if (err == ERR_OK)
		err = r.err;
	if (err != ERR_OK)
		return err;
	return whole(&out->asked) && whole(&out->answered) ? ERR_OK : ERR_FORMAT;
}
