// SPDX-License-Identifier: Apache-2.0
//
// An IP packet as a router sees it: addresses, TTL, what a balancer hashes; and what a router
// writes: a smaller TTL, an ICMP error, an echo reply, a reset. Bytes in, bytes out; knows no
// world, no time.
#pragma once

#include "wire/icmp.h"
#include "wire/ip.h"

struct packet {
	struct span bytes; // borrowed, without padding
	struct ip_head ip; // its payload is the transport part
};

enum packet_error {
	PACKET_EXPIRED,
	PACKET_NO_NET,
	PACKET_NO_HOST,
	PACKET_NO_PORT,
	PACKET_TOO_BIG,
};

enum err packet_read(struct span bytes, struct packet *out) MUSTUSE;

// An ICMP error; nobody may answer it with another (RFC 1122 3.2.2, RFC 4443 2.4).
bool packet_is_error(const struct packet *p);

// What flow balancers hash: addresses, protocol, the first four bytes of the transport header
// (ports; for ICMP type, code and checksum), the IPv6 flow label. An ICMP error counts as the
// packet it quotes, so that errors take the flow's side of a fork.
uint64_t packet_flow(const struct packet *p);

// BYTES is the packet P was read from, writable. Keeps the IPv4 header checksum right.
enum err packet_ttl_put(struct packet *p, uint8_t *bytes, uint8_t ttl) MUSTUSE;

// Each writes a whole packet into W.
struct packet_from {
	struct addr addr;
	uint8_t ttl;
	uint16_t id;                   // IPv4
	const struct mpls_entry *mpls; // what an expired packet came with; borrowed
	size_t mpls_count;
};
enum err packet_error_write(struct wr *w, const struct packet *about, enum packet_error error,
			    struct packet_from from, uint16_t mtu) MUSTUSE;
enum err packet_echo_write(struct wr *w, const struct packet *request,
			   struct packet_from from) MUSTUSE;
enum err packet_reset_write(struct wr *w, const struct packet *segment,
			    struct packet_from from) MUSTUSE;

bool packet_is_echo(const struct packet *p);
bool packet_wants_reset(const struct packet *p);
