// SPDX-License-Identifier: Apache-2.0
#include "capture/pcapng.h"

#include "base/rd.h"

enum {
	BLOCK_INTERFACE = 1,
	BLOCK_OLD_PACKET = 2,
	BLOCK_SIMPLE = 3,
	BLOCK_PACKET = 6,

	OPTION_END = 0,
	OPTION_RESOLUTION = 9,
	OPTION_OFFSET = 14,

	MICROSECONDS = 6,
	BLOCK_FRAME = 12, // type and length before, length behind
};

#define ORDER 0x1a2b3c4du

static uint32_t word(const struct pcapng *ng, struct rd *r)
{
	return ng->little ? rd_le32(r) : rd_u32(r);
}

static uint16_t half(const struct pcapng *ng, struct rd *r)
{
	return ng->little ? rd_le16(r) : rd_u16(r);
}

enum err pcapng_length(struct pcapng *ng, const uint8_t head[static PCAPNG_HEAD], uint32_t *len)
{
	struct rd r = rd_of(span_of(head, PCAPNG_HEAD)), order = r;
	uint32_t type = rd_u32(&r);
	rd_skip(&order, 8);
	if (type == PCAPNG_MAGIC) { // a section tells its byte order only now
		uint32_t magic = rd_u32(&order);
		if (magic != ORDER && magic != __builtin_bswap32(ORDER))
			return ERR_FORMAT;
		ng->little = magic != ORDER;
		ng->count = 0;
	}
	*len = word(ng, &r);
	return *len >= BLOCK_FRAME && *len <= PCAPNG_BLOCK && *len % 4 == 0 ? ERR_OK : ERR_FORMAT;
}

static void read_options(const struct pcapng *ng, struct rd *r, struct pcapng_interface *out)
{
	while (rd_left(r) >= 4) {
		uint16_t code = half(ng, r);
		uint16_t len = half(ng, r);
		struct rd value = rd_child(r, len);
		rd_skip(r, rd_left(r) < 3 ? rd_left(r) : -(size_t)len & 3);
		if (code == OPTION_END)
			return;
		if (code == OPTION_RESOLUTION && len == 1)
			out->resolution = rd_u8(&value);
		else if (code == OPTION_OFFSET && len == 8)
			out->offset = (int64_t)(ng->little ? rd_le64(&value) : rd_u64(&value));
	}
}

static enum err read_interface(struct pcapng *ng, struct rd *r)
{
	if (ng->count == PCAPNG_INTERFACES)
		return ERR_FULL;
	struct pcapng_interface *i = &ng->interface[ng->count];
	*i = (struct pcapng_interface){ .resolution = MICROSECONDS };
	i->link = half(ng, r);
	rd_skip(r, 2);
	i->snap = word(ng, r);
	if (r->err != ERR_OK)
		return ERR_FORMAT;
	read_options(ng, r, i);
	ng->count++;
	return ERR_MISSING;
}

// Of ticks of 2^-power seconds; the fraction keeps 32 bits, which is finer than a nanosecond.
static uint64_t binary(uint64_t ticks, unsigned power)
{
	if (power >= 64)
		return 0;
	uint64_t whole = ticks >> power, part = power > 0 ? ticks << (64 - power) : 0;
	return whole * (uint64_t)NS_PER_S + ((part >> 32) * (uint64_t)NS_PER_S >> 32);
}

static uint64_t decimal(uint64_t ticks, unsigned power)
{
	for (; power < 9; power++)
		ticks *= 10;
	for (; power > 9 && ticks > 0; power--)
		ticks /= 10;
	return ticks;
}

// In nanoseconds; what cannot be told so (a clock of nonsense) wraps, and harms nobody.
static struct wall time_of(const struct pcapng_interface *i, uint64_t ticks)
{
	unsigned power = i->resolution & 0x7f;
	uint64_t ns = i->resolution & 0x80 ? binary(ticks, power) : decimal(ticks, power);
	return (struct wall){ (int64_t)(ns + (uint64_t)i->offset * (uint64_t)NS_PER_S) };
}

static enum err read_bytes(const struct pcapng *ng, struct rd *r, uint32_t interface, uint32_t kept,
			   struct packet *out)
{
	if (interface >= ng->count || r->err != ERR_OK || kept > rd_left(r))
		return ERR_FORMAT;
	out->link = ng->interface[interface].link;
	out->bytes = rd_span(r, kept);
	return ERR_OK;
}

static enum err read_packet(const struct pcapng *ng, struct rd *r, bool old, struct packet *out)
{
	uint32_t interface = old ? half(ng, r) : word(ng, r);
	if (old)
		rd_skip(r, 2); // drops
	uint64_t ticks = (uint64_t)word(ng, r) << 32;
	ticks |= word(ng, r);
	uint32_t kept = word(ng, r);
	out->wire_len = word(ng, r);
	enum err err = read_bytes(ng, r, interface, kept, out);
	if (err == ERR_OK)
		out->at = time_of(&ng->interface[interface], ticks);
	return err;
}

// A packet of the first interface, without a time.
static enum err read_simple(const struct pcapng *ng, struct rd *r, struct packet *out)
{
	out->wire_len = word(ng, r);
	out->at = (struct wall){ 0 };
	size_t kept = out->wire_len;
	if (ng->count > 0 && ng->interface[0].snap > 0 && ng->interface[0].snap < kept)
		kept = ng->interface[0].snap;
	if (kept > rd_left(r))
		kept = rd_left(r);
	return read_bytes(ng, r, 0, (uint32_t)kept, out);
}

enum err pcapng_read(struct pcapng *ng, struct span block, struct packet *out)
{
	struct rd r = rd_of(block);
	uint32_t type = word(ng, &r), len = word(ng, &r);
	struct rd body = rd_child(&r, block.len < BLOCK_FRAME ? block.len : len - BLOCK_FRAME);
	*out = (struct packet){ 0 };
	if (word(ng, &r) != len || r.err != ERR_OK)
		return ERR_FORMAT;
	switch (type) {
	case BLOCK_INTERFACE:
		return read_interface(ng, &body);
	case BLOCK_PACKET:
	case BLOCK_OLD_PACKET:
		return read_packet(ng, &body, type == BLOCK_OLD_PACKET, out);
	case BLOCK_SIMPLE:
		return read_simple(ng, &body, out);
	default:
		return ERR_MISSING;
	}
}
