// SPDX-License-Identifier: Apache-2.0
#include "lab/inject.h"

#include "lab/ask.h"
#include "wire/udp.h"

#define FORGED_TTL 300 // s, of the record
#define DNS_PORT   53

bool inject_minds(const struct world *w, const struct world_injector *in, const char *name,
		  uint16_t type)
{
	int count = type == DNS_A ? in->addrs.v4_count : type == DNS_AAAA ? in->addrs.v6_count : 0;
	const struct world_domain *d = count > 0 ? world_domain_find(w, name) : NULL;

	return d != NULL && world_domain_listed(d, in->list);
}

// Without an OPT record, as the known ones do.
static void message_write(const struct world_injector *in, const struct ask *a, uint64_t nth,
			  struct wr *out)
{
	struct ask_head head = { .id = a->id, .answers = 1 };
	bool v6 = a->type == DNS_AAAA;
	uint64_t count = (uint64_t)(v6 ? in->addrs.v6_count : in->addrs.v4_count);

	ask_head_write(out, a, head);
	ask_addr_write(out, (v6 ? in->addrs.v6 : in->addrs.v4)[nth % count], FORGED_TTL);
}

bool inject_write(const struct world *w, const struct world_injector *in, const struct packet *p,
		  uint64_t nth, struct wr *out)
{
	uint8_t room[DNS_HEAD + DNS_NAME + 64];
	struct wr message = wr_of(room, sizeof(room));
	struct udp_head udp;
	struct ask ask;

	if (p->ip.proto != IP_UDP || p->ip.frag_at != 0 ||
	    udp_read(p->ip.payload, &udp) != ERR_OK || udp.dport != DNS_PORT ||
	    ask_read(udp.payload, &ask) != ERR_OK || !inject_minds(w, in, ask.name, ask.type))
		return false;
	message_write(in, &ask, nth, &message);
	struct ip_head ip = { .src = p->ip.dst,
			      .dst = p->ip.src,
			      .proto = IP_UDP,
			      .ttl = in->copies ? p->ip.ttl : in->ttl,
			      .id = p->ip.src.family == 4 ? (uint16_t)(nth * 7919 + 1) : 0 };
	struct udp_head answer = { .sport = DNS_PORT,
				   .dport = udp.sport,
				   .payload = wr_span(&message) };
	return message.err == ERR_OK && ip_write(out, &ip, UDP_HEAD + message.len) == ERR_OK &&
	       udp_write(out, &ip.src, &ip.dst, &answer) == ERR_OK;
}
