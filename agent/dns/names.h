// SPDX-License-Identifier: Apache-2.0
//
// The names and the resolvers of a scan, each once: lists as people write them, packed. In: text;
// out: wire names and addresses by number. Knows no file.
#pragma once

#include "base/addr.h"
#include "wire/dns_query.h"

#define DNS_SERVER_NAME 254 // bytes of a server's host name and path, for TLS and HTTPS

struct dns_server {
	struct addr addr;
	uint16_t port; // 0: the transport's own
};

struct dns_list;

// LIMIT: most entries; without SEED entries may be there twice. NULL without memory.
struct dns_list *dns_list_new(size_t limit, const uint64_t *seed);
void dns_list_free(struct dns_list **l);

// ERR_EXISTS: there already (letter case apart). ERR_FULL; ERR_FORMAT and ERR_RANGE as
// dns_name_read.
enum err dns_list_put_name(struct dns_list *l, struct span text) MUSTUSE;
enum err dns_list_put_server(struct dns_list *l, struct dns_server server) MUSTUSE;

// The number of the entry that was put last, or found to be there already.
uint32_t dns_list_last(const struct dns_list *l);

// An address, with a port as ADDR#PORT, ADDR4:PORT or [ADDR6]:PORT. An IPv4 address mapped into
// IPv6 is that IPv4 address: to the mapped one no packet leaves.
enum err dns_server_read(struct span text, struct dns_server *out) MUSTUSE;

// What a wire name is asked for unless somebody says: A, or PTR where it stands for an address.
uint16_t dns_name_type(struct span name);

// No more will be put: what only serves to find doubles is given back.
void dns_list_end(struct dns_list *l);

size_t dns_list_count(const struct dns_list *l);
struct span dns_list_name(const struct dns_list *l, size_t i); // wire form
struct dns_server dns_list_server(const struct dns_list *l, size_t i);

// Of everything in it, in order: tells two lists apart.
uint64_t dns_list_hash(const struct dns_list *l);
