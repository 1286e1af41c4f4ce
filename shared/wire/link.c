// SPDX-License-Identifier: Apache-2.0
#include "wire/link.h"

#include "base/rd.h"

enum {
	ETHER_IP4 = 0x0800,
	ETHER_VLAN = 0x8100,
	ETHER_IP6 = 0x86dd,
	ETHER_MPLS = 0x8847,
	ETHER_MPLS_MULTI = 0x8848,
	ETHER_PPPOE = 0x8864,
	ETHER_QINQ = 0x88a8,
	ETHER_QINQ_OLD = 0x9100,
	ETHER_LEAST = 0x0600, // below: an 802.3 length

	PPP_IP4 = 0x0021,
	PPP_IP6 = 0x0057,
	PPP_MPLS = 0x0281,
};

// What is left is IP if its version nibble says so.
static enum err by_nibble(struct rd *r, struct span *ip)
{
	struct span rest = rd_rest(r);
	if (r->err != ERR_OK)
		return r->err;
	if (rest.len == 0)
		return ERR_SHORT;
	if (rest.at[0] >> 4 != 4 && rest.at[0] >> 4 != 6)
		return ERR_MISSING;
	*ip = rest;
	return ERR_OK;
}

static enum err mpls(struct rd *r, struct span *ip)
{
	while (r->err == ERR_OK && (rd_u32(r) & 0x100) == 0)
		continue; // down to the bottom of the stack
	return by_nibble(r, ip);
}

static enum err ppp(struct rd *r, struct span *ip)
{
	uint16_t proto = rd_u8(r);
	if ((proto & 1) == 0) // not compressed to one byte (RFC 1661 6.5)
		proto = (uint16_t)(proto << 8 | rd_u8(r));
	if (proto == PPP_MPLS)
		return mpls(r, ip);
	if (r->err == ERR_OK && proto != PPP_IP4 && proto != PPP_IP6)
		return ERR_MISSING;
	return by_nibble(r, ip);
}

static enum err pppoe(struct rd *r, struct span *ip)
{
	rd_skip(r, 4);
	// The stated length is not believed: IP has its own, and captures cut short have neither.
	rd_skip(r, 2);
	return ppp(r, ip);
}

// 802.3 with a length in place of the type: IP only by SNAP (RFC 1042).
static uint16_t snap(struct rd *r)
{
	if (rd_u24(r) != 0xaaaa03)
		return 0;
	rd_skip(r, 3);
	return rd_u16(r);
}

static enum err ether(uint16_t type, struct rd *r, struct span *ip)
{
	while (type == ETHER_VLAN || type == ETHER_QINQ || type == ETHER_QINQ_OLD) {
		rd_skip(r, 2);
		type = rd_u16(r);
	}
	if (r->err == ERR_OK && type < ETHER_LEAST)
		type = snap(r);
	if (r->err != ERR_OK)
		return r->err;
	switch (type) {
	case ETHER_IP4:
	case ETHER_IP6:
		return by_nibble(r, ip);
	case ETHER_PPPOE:
		return pppoe(r, ip);
	case ETHER_MPLS:
	case ETHER_MPLS_MULTI:
		return mpls(r, ip);
	default:
		return ERR_MISSING;
	}
}

static enum err ethernet(struct rd *r, struct span *ip)
{
	rd_skip(r, 12);
	return ether(rd_u16(r), r, ip);
}

static enum err cooked(struct rd *r, struct span *ip)
{
	rd_skip(r, 14);
	return ether(rd_u16(r), r, ip);
}

static enum err cooked2(struct rd *r, struct span *ip)
{
	uint16_t type = rd_u16(r);
	rd_skip(r, 18);
	return ether(type, r, ip);
}

static enum err loopback(struct rd *r, struct span *ip)
{
	rd_skip(r, 4); // the family's number differs by system; the version nibble does not
	return by_nibble(r, ip);
}

static enum err ppp_hdlc(struct rd *r, struct span *ip)
{
	struct span rest = rd_rest(r);
	if (rest.len >= 2 && rest.at[0] == 0xff && rest.at[1] == 0x03)
		rd_skip(r, 2);
	return ppp(r, ip);
}

enum err link_frame_read(uint32_t type, struct span frame, struct span *ip)
{
	struct rd r = rd_of(frame);
	*ip = (struct span){ NULL, 0 };
	switch (type) {
	case LINK_ETHERNET:
		return ethernet(&r, ip);
	case LINK_COOKED:
		return cooked(&r, ip);
	case LINK_COOKED2:
		return cooked2(&r, ip);
	case LINK_RAW:
	case LINK_RAW_LINUX:
	case LINK_RAW_BSD:
	case LINK_IPV4:
	case LINK_IPV6:
		return by_nibble(&r, ip);
	case LINK_NULL:
	case LINK_LOOP:
		return loopback(&r, ip);
	case LINK_PPP:
	case LINK_PPP_HDLC:
		return ppp_hdlc(&r, ip);
	case LINK_PPP_ETHER:
		return pppoe(&r, ip);
	default:
		return ERR_UNSUPPORTED;
	}
}
