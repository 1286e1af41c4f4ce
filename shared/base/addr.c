// SPDX-License-Identifier: Apache-2.0
#include "base/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

struct addr addr_v4(uint32_t v)
{
	return (struct addr){
		.family = 4,
		.bytes = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v },
	};
}

uint32_t addr_to_v4(struct addr a)
{
	if (a.family != 4)
		return 0;
	return (uint32_t)a.bytes[0] << 24 | (uint32_t)a.bytes[1] << 16 | (uint32_t)a.bytes[2] << 8 |
	       (uint32_t)a.bytes[3];
}

struct span addr_span(const struct addr *a)
{
	return span_of(a->bytes, addr_bits(*a) / 8);
}

uint8_t addr_bits(struct addr a)
{
	return a.family == 4 ? 32 : a.family == 6 ? 128 : 0;
}

enum err addr_read(struct span text, struct addr *out)
{
	char buf[ADDR_TEXT];
	*out = (struct addr){ 0 };
	if (text_copy(buf, sizeof(buf), text) != ERR_OK)
		return ERR_FORMAT;
	if (inet_pton(AF_INET, buf, out->bytes) == 1)
		out->family = 4;
	else if (inet_pton(AF_INET6, buf, out->bytes) == 1)
		out->family = 6;
	else
		return ERR_FORMAT;
	return ERR_OK;
}

// One of the few things written for every packet: inet_ntop goes through printf.
static size_t write_v4(const uint8_t *bytes, char *to)
{
	char *out = to;
	for (int i = 0; i < 4; i++) {
		uint8_t b = bytes[i];
		if (b >= 100)
			*out++ = (char)('0' + b / 100);
		if (b >= 10)
			*out++ = (char)('0' + b / 10 % 10);
		*out++ = (char)('0' + b % 10);
		*out++ = i < 3 ? '.' : '\0';
	}
	return (size_t)(out - to) - 1;
}

size_t addr_write(struct addr a, char out[static ADDR_TEXT])
{
	out[0] = '\0';
	if (a.family == 4)
		return write_v4(a.bytes, out);
	if (a.family != 0)
		inet_ntop(AF_INET6, a.bytes, out, ADDR_TEXT);
	return strlen(out);
}

// Equal lengths known to the compiler: two loads, no call.
bool addr_eq(struct addr a, struct addr b)
{
	return a.family == b.family && memcmp(a.bytes, b.bytes, sizeof(a.bytes)) == 0;
}

int addr_cmp(struct addr a, struct addr b)
{
	if (a.family != b.family)
		return a.family < b.family ? -1 : 1;
	return memcmp(a.bytes, b.bytes, sizeof(a.bytes));
}

// A with every bit from BITS on cleared.
static struct addr masked(struct addr a, uint8_t bits)
{
	for (size_t i = 0; i < sizeof(a.bytes); i++) {
		size_t first = i * 8;
		if (first >= bits)
			a.bytes[i] = 0;
		else if (bits - first < 8)
			a.bytes[i] = (uint8_t)(a.bytes[i] & (0xff << (8 - (bits - first))));
	}
	return a;
}

enum err prefix_read(struct span text, struct prefix *out)
{
	struct span rest = text;
	struct addr a;
	uint64_t bits;
	*out = (struct prefix){ 0 };
	enum err err = addr_read(text_cut(&rest, '/'), &a);
	if (err != ERR_OK)
		return err;
	bits = addr_bits(a);
	if (rest.at != NULL && text_u64(rest, 0, addr_bits(a), &bits) != ERR_OK)
		return ERR_FORMAT;
	if (!addr_eq(masked(a, (uint8_t)bits), a))
		return ERR_FORMAT;
	*out = (struct prefix){ .addr = a, .bits = (uint8_t)bits };
	return ERR_OK;
}

void prefix_write(struct prefix p, char out[static PREFIX_TEXT])
{
	char text[ADDR_TEXT];
	addr_write(p.addr, text);
	snprintf(out, PREFIX_TEXT, "%s/%u", text, p.bits);
}

bool prefix_holds(struct prefix p, struct addr a)
{
	return p.addr.family == a.family && addr_eq(masked(a, p.bits), p.addr);
}
