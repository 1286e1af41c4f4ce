// SPDX-License-Identifier: Apache-2.0
#include "wire/icmp_iface.h"

#include "base/rd.h"

#define HAS_INDEX 0x08
#define HAS_ADDR  0x04
#define HAS_NAME  0x02
#define HAS_MTU   0x01

#define AFI_V4    1
#define AFI_V6    2

static void read_addr(struct rd *r, struct icmp_iface *out)
{
	uint16_t afi = rd_u16(r);
	rd_skip(r, 2);
	if (r->err == ERR_OK && afi != AFI_V4 && afi != AFI_V6)
		r->err = ERR_FORMAT;
	struct span bytes = rd_span(r, afi == AFI_V4 ? 4 : 16);
	if (r->err == ERR_OK)
		out->addr = addr_of(bytes);
}

// The first byte is the length of the whole part, itself and padding with zeroes included.
static void read_name(struct rd *r, struct icmp_iface *out)
{
	uint8_t len = rd_u8(r);
	if (r->err == ERR_OK && (len == 0 || len > ICMP_IFACE_NAME))
		r->err = ERR_FORMAT;
	struct span name = rd_span(r, len == 0 ? 0 : len - 1u);
	while (name.len > 0 && name.at[name.len - 1] == 0)
		name.len--;
	if (r->err == ERR_OK)
		out->name = name;
}

enum err icmp_iface_read(uint8_t kind, struct span data, struct icmp_iface *out)
{
	struct rd r = rd_of(data);
	*out = (struct icmp_iface){ .role = (enum icmp_iface_role)(kind >> 6) };
	out->has_index = (kind & HAS_INDEX) != 0;
	out->has_mtu = (kind & HAS_MTU) != 0;
	if (out->has_index)
		out->index = rd_u32(&r);
	if ((kind & HAS_ADDR) != 0)
		read_addr(&r, out);
	if ((kind & HAS_NAME) != 0)
		read_name(&r, out);
	if (out->has_mtu)
		out->mtu = rd_u32(&r);
	return r.err;
}

const char *icmp_iface_role_name(enum icmp_iface_role r)
{
	static const char *const names[] = { "incoming", "sub-ip", "outgoing", "next-hop" };
	return names[(unsigned)r & 3];
}
