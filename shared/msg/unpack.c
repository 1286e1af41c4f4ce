// SPDX-License-Identifier: Apache-2.0
#include "msg/unpack.h"

#include <string.h>

#include "msg/field.h"

struct pool {
	struct arena *arena;
	bool full;
};

static void *pool_alloc(void *self, size_t size)
{
	struct pool *p = self;
	void *at = arena_take(p->arena, size > 0 ? size : 1);
	if (at == NULL)
		p->full = true;
	return at;
}

static void pool_free(void *self, void *at)
{
	(void)self;
	(void)at;
}

enum err unpack(const ProtobufCMessageDescriptor *of, struct span in, struct arena *arena,
		ProtobufCMessage **out)
{
	static const uint8_t nothing[1];
	struct pool pool = { .arena = arena };
	ProtobufCAllocator a = { .alloc = pool_alloc, .free = pool_free, .allocator_data = &pool };
	*out = protobuf_c_message_unpack(of, &a, in.len, in.len > 0 ? in.at : nothing);
	if (*out != NULL && !pool.full)
		return ERR_OK;
	return pool.full ? ERR_FULL : ERR_FORMAT;
}

enum err text_of(const char *text, size_t max, struct span *out)
{
	struct span s = span_text(text);
	*out = s;
	if (s.len > max)
		return ERR_FORMAT;
	while (s.len > 0) {
		size_t step = utf8_step(s);
		if (step == 0)
			return ERR_FORMAT;
		s = span_of(s.at + step, s.len - step);
	}
	return ERR_OK;
}

enum err run_of(ProtobufCBinaryData b, struct run_id *out)
{
	*out = (struct run_id){ 0 };
	if (b.len == 0)
		return ERR_OK;
	if (b.len != sizeof(out->bytes))
		return ERR_FORMAT;
	memcpy(out->bytes, b.data, sizeof(out->bytes));
	return ERR_OK;
}

enum err addr_of_bytes(ProtobufCBinaryData b, struct addr *out)
{
	*out = addr_of(bytes_of(b));
	return out->family == 0 && b.len != 0 ? ERR_FORMAT : ERR_OK;
}

enum err port_of(uint32_t v, uint16_t *out)
{
	*out = (uint16_t)v;
	return v > UINT16_MAX ? ERR_FORMAT : ERR_OK;
}

enum err side_of(uint32_t v, uint8_t *out)
{
	*out = (uint8_t)v;
	return v > 2 ? ERR_FORMAT : ERR_OK;
}

enum err clock_of(const Waymark__Clock *c, struct clock_record *out)
{
	*out = (struct clock_record){ 0 };
	if (c == NULL)
		return ERR_OK;
	if (c->boot.len != 0 && c->boot.len != sizeof(out->boot))
		return ERR_FORMAT;
	out->synced = c->synced;
	out->offset_ns = c->offset_ns;
	out->max_error_ns = c->max_error_ns;
	out->wall = wall_of(c->wall_ns);
	out->mono = (struct mono){ c->mono_ns };
	if (c->boot.len != 0)
		memcpy(out->boot, c->boot.data, sizeof(out->boot));
	return ERR_OK;
}
