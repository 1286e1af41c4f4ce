// SPDX-License-Identifier: Apache-2.0
#include "lab/edge.h"

#include <string.h>

#include "base/rd.h"
#include "base/wr.h"
#include "wire/icmp.h"

#define ETHER_IP4 0x0800
#define ETHER_ARP 0x0806
#define ETHER_IP6 0x86dd
#define SOLICIT   135 // RFC 4861 4.3
#define ADVERTISE 136

struct edge edge_of(int host, struct addr v4, struct addr v6)
{
	uint8_t high = (uint8_t)(host >> 8), low = (uint8_t)host;

	// Locally administered; the fourth byte tells the two ends apart.
	return (struct edge){ .host = { 0x02, 'w', 'l', 0, high, low },
			      .router = { 0x02, 'w', 'l', 1, high, low },
			      .v4 = v4,
			      .v6 = v6 };
}

static void head_write(struct wr *w, const uint8_t to[static 6], const uint8_t from[static 6],
		       uint16_t type)
{
	wr_bytes(w, span_of(to, 6));
	wr_bytes(w, span_of(from, 6));
	wr_u16(w, type);
}

static bool arp_answer(const struct edge *e, struct span body, struct wr *w)
{
	static const uint8_t ask[] = { 0, 1, 8, 0, 6, 4, 0, 1 };
	struct rd r = rd_of(body);
	struct span kind = rd_span(&r, 8), mac = rd_span(&r, 6), from = rd_span(&r, 4);

	rd_skip(&r, 6);
	struct addr target = addr_of(rd_span(&r, 4));
	if (r.err != ERR_OK || !span_eq(kind, span_of(ask, sizeof(ask))) || !addr_eq(target, e->v4))
		return false;
	head_write(w, mac.at, e->router, ETHER_ARP);
	wr_bytes(w, span_of(ask, 7));
	wr_u8(w, 2);
	wr_bytes(w, span_of(e->router, 6));
	wr_bytes(w, addr_span(&target));
	wr_bytes(w, mac);
	wr_bytes(w, from);
	return w->err == ERR_OK;
}

static bool neighbour_answer(const struct edge *e, struct span body, struct wr *w)
{
	static const struct addr none = { .family = 6 };
	struct ip_head ip;
	struct icmp ask;
	uint8_t room[24] = { 0 };
	struct wr more = wr_of(room, sizeof(room));

	if (ip_read(body, &ip) != ERR_OK || ip.proto != IP_ICMP6 || addr_eq(ip.src, none) ||
	    icmp_read(6, ip.payload, &ask) != ERR_OK || ask.type != SOLICIT)
		return false;
	struct addr target = addr_of(span_cut(ask.body, 0, 16));
	if (!addr_eq(target, e->v6))
		return false;
	wr_bytes(&more, addr_span(&target));
	wr_u8(&more, 2); // target link-layer address
	wr_u8(&more, 1);
	wr_bytes(&more, span_of(e->router, 6));
	struct icmp says = { .type = ADVERTISE,
			     .rest = 0xe0000000, // router, solicited, override
			     .body = wr_span(&more) };
	struct ip_head back = { .src = target, .dst = ip.src, .proto = IP_ICMP6, .ttl = 255 };
	head_write(w, e->host, e->router, ETHER_IP6);
	return ip_write(w, &back, ICMP_HEAD + says.body.len) == ERR_OK &&
	       icmp_write(w, &back.src, &back.dst, &says) == ERR_OK;
}

static bool is_solicit(struct span body)
{
	return body.len > IP6_HEAD && body.at[6] == IP_ICMP6 && body.at[IP6_HEAD] == SOLICIT;
}

enum edge_kind edge_hear(const struct edge *e, struct span frame, struct span *packet,
			 struct edge_answer *answer)
{
	struct wr w = wr_of(answer->bytes, sizeof(answer->bytes));
	struct rd r = rd_of(frame);
	struct span to = rd_span(&r, 6);
	bool answered = false;

	rd_skip(&r, 6);
	uint16_t type = rd_u16(&r);
	struct span body = rd_rest(&r);
	if (r.err != ERR_OK)
		return EDGE_NOTHING;
	if (type == ETHER_ARP)
		answered = arp_answer(e, body, &w);
	else if (type == ETHER_IP6 && is_solicit(body))
		answered = neighbour_answer(e, body, &w);
	else if ((type == ETHER_IP4 || type == ETHER_IP6) && memcmp(to.at, e->router, 6) == 0) {
		*packet = body;
		return EDGE_PACKET;
	}
	answer->len = w.len;
	return answered ? EDGE_ANSWER : EDGE_NOTHING;
}

void edge_head_write(const struct edge *e, struct span packet, uint8_t out[static EDGE_HEAD])
{
	struct wr w = wr_of(out, EDGE_HEAD);

	head_write(&w, e->host, e->router, packet.at[0] >> 4 == 6 ? ETHER_IP6 : ETHER_IP4);
}
