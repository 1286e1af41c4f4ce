// SPDX-License-Identifier: Apache-2.0
//
// What the packets of one pair say, gathered for its row: response code with its extension,
// extended error, server's identifier, scope of the client subnet, whether something is signed, and
// the addresses and CNAMEs in the order of the
// packets. Pure; what leaves borrows from the record.
#pragma once

#include "msg/dns.h"
#include "wire/dns_query.h"

#define ROWS_DNS_ADDRS  1024 // addresses read from all packets of a pair; the bytes keep the rest
#define ROWS_DNS_CNAMES 256

struct rows_dns_packet {
	bool readable, edns, has_ede, is_signed, has_scope;
	uint16_t rcode, ede;
	uint8_t scope;    // of the client subnet
	struct span nsid; // at NULL: none
};

struct rows_dns {
	size_t packet_count, addr_count, cname_count;
	struct rows_dns_packet packets[DNS_ANSWERS_MAX];
	uint8_t addr_packet[ROWS_DNS_ADDRS], cname_packet[ROWS_DNS_CNAMES]; // from 1
	struct addr addrs[ROWS_DNS_ADDRS];
	uint32_t ttls[ROWS_DNS_ADDRS];
	struct dns_name cnames[ROWS_DNS_CNAMES];
};

void rows_dns_read(const struct dns_pair_record *p, struct rows_dns *out);
