// SPDX-License-Identifier: Apache-2.0
#include "store/rows_dns.h"

#include <string.h>

#define TYPE_RRSIG 46
#define OPTION_EDE 15 // RFC 8914

static void read_options(struct span data, struct rows_dns_packet *out)
{
	struct rd r = rd_of(data);
	while (r.err == ERR_OK && rd_left(&r) >= 4) {
		uint16_t code = rd_u16(&r);
		struct span option = rd_span(&r, rd_u16(&r));
		if (r.err != ERR_OK || code != OPTION_EDE || option.len < 2 || out->has_ede)
			continue;
		out->ede = (uint16_t)(option.at[0] << 8 | option.at[1]);
		out->has_ede = true;
	}
}

static bool at_chain(const struct dns_answer *a, struct dns_name name)
{
	if (dns_name_eq(name, a->question.name))
		return true;
	for (size_t i = 0; i < a->chain_count; i++)
		if (dns_name_eq(name, a->chain[i]))
			return true;
	return false;
}

static void put_addr(struct rows_dns *out, const struct dns_record *r)
{
	bool fits = (r->type == DNS_A && r->data.len == 4) ||
		    (r->type == DNS_AAAA && r->data.len == 16);
	if (!fits || out->addr_count == ROWS_DNS_ADDRS)
		return;
	out->addr_packet[out->addr_count] = (uint8_t)out->packet_count;
	out->addrs[out->addr_count] = addr_of(r->data);
	out->ttls[out->addr_count++] = r->ttl;
}

static void read_records(struct span message, const struct dns_answer *a, struct rows_dns *out)
{
	struct rows_dns_packet *p = &out->packets[out->packet_count - 1];
	struct dns_walk w;
	struct dns_record r;
	if (dns_walk_init(&w, message) != ERR_OK)
		return;
	while (dns_record_next(&w, &r)) {
		if (r.type == DNS_OPT && r.section == DNS_ADDITIONAL) {
			p->edns = true;
			p->rcode = (uint16_t)(w.head.rcode | (r.ttl >> 24) << 4);
			read_options(r.data, p);
		} else if (r.section == DNS_ANSWER) {
			p->is_signed |= r.type == TYPE_RRSIG;
			if (at_chain(a, r.name))
				put_addr(out, &r);
		}
	}
}

static void read_packet(struct span message, struct rows_dns *out)
{
	struct dns_answer a;
	struct rows_dns_packet *p = &out->packets[out->packet_count++];
	*p = (struct rows_dns_packet){ 0 };
	if (dns_answer_read(message, &a) != ERR_OK)
		return;
	p->readable = true;
	p->rcode = a.head.rcode;
	for (size_t i = 0; i < a.chain_count && out->cname_count < ROWS_DNS_CNAMES; i++) {
		out->cname_packet[out->cname_count] = (uint8_t)out->packet_count;
		out->cnames[out->cname_count++] = a.chain[i];
	}
	read_records(message, &a, out);
}

void rows_dns_read(const struct dns_pair_record *p, struct rows_dns *out)
{
	size_t at = 0;
	out->packet_count = out->addr_count = out->cname_count = 0;
	for (size_t i = 0; i < p->answers; i++) {
		struct span wire = dns_pair_wire(p, i, &at);
		bool icmp = (p->answer_mark[i] & DNS_MARK_ICMP) != 0;
		read_packet(icmp ? (struct span){ 0 } : wire, out);
	}
}
