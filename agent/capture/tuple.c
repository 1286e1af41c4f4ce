// SPDX-License-Identifier: Apache-2.0
#include "capture/tuple.h"

#include "wire/be.h"
#include "wire/icmp.h"
#include "wire/link.h"

static void read_ports(struct span payload, struct flow_key *out)
{
	if ((out->proto != IP_TCP && out->proto != IP_UDP) || payload.len < 4)
		return;
	out->aport = be16_at(payload.at);
	out->bport = be16_at(payload.at + 2);
}

static struct flow_key key_of(const struct ip_head *ip)
{
	return (struct flow_key){ .proto = ip->proto, .a = ip->src, .b = ip->dst };
}

// An error tells of the packet it quotes, whoever sends it.
static void read_icmp(const struct ip_head *ip, struct flow_key *out)
{
	struct icmp m;
	if (icmp_read(ip->src.family, ip->payload, &m) != ERR_OK)
		return;
	if (m.kind == ICMP_ECHO || m.kind == ICMP_ECHO_REPLY) {
		out->aport = out->bport = m.id;
	} else if (m.quotes) {
		struct flow_key quoted = key_of(&m.quote);
		read_ports(m.quote.payload, &quoted);
		*out = (struct flow_key){ quoted.proto, quoted.b, quoted.a, quoted.bport,
					  quoted.aport };
	}
}

bool tuple_read(struct fragments *kept, const struct packet *p, struct flow_key *out)
{
	struct span inner;
	struct ip_head ip;
	if (link_frame_read(p->link, p->bytes, &inner) != ERR_OK || ip_read(inner, &ip) != ERR_OK)
		return false;
	*out = key_of(&ip);
	if (ip.frag_at > 0) {
		fragments_find(kept, &ip, &out->aport, &out->bport);
		return true;
	}
	if (ip.proto == IP_ICMP || ip.proto == IP_ICMP6)
		read_icmp(&ip, out);
	else
		read_ports(ip.payload, out);
	if (ip.frag_more)
		fragments_put(kept, &ip, out->aport, out->bport);
	return true;
}
