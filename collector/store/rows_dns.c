// SPDX-License-Identifier: Apache-2.0
#include "store/rows_dns.h"

#include "wire/dns_query.h"

static void read_opt(const struct dns_record *r, uint8_t rcode, struct rows_dns_packet *out)
{
	struct dns_opt opt;
	dns_opt_read(r, &opt);
	out->edns = true;
	out->rcode = (uint16_t)(rcode | opt.extended_rcode << 4);
	out->has_scope = opt.has_subnet;
	out->scope = opt.scope;
	out->nsid = opt.has_nsid ? opt.nsid : (struct span){ NULL, 0 };
	if (opt.error_count > 0 && !out->has_ede) {
		out->has_ede = true;
		out->ede = opt.errors[0].code;
	}
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
			read_opt(&r, w.head.rcode, p);
		} else if (r.section == DNS_ANSWER) {
			p->is_signed |= r.type == DNS_RRSIG;
			if (dns_answer_holds(a, r.name))
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
