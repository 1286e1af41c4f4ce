// SPDX-License-Identifier: Apache-2.0
//
// What the files of the UDP doing half share: sending, reading rings, reading sockets.
#pragma once

#include "dns/ports_io.h"
#include "sys/socket_name.h"
#include "trace/ring_io.h"

#define DNS_BATCH  256  // new pairs leave from one socket for so long
#define DNS_PACKET 4096 // bytes of an answer read without a ring; what is longer is cut

// One question waiting to leave.
struct dns_letter {
	struct dns_handle handle;
	uint32_t port;
	uint16_t len;
	uint8_t ttl;
	_Alignas(8) uint8_t control[CMSG_SPACE(sizeof(int))];
	uint8_t bytes[DNS_QUERY_MAX];
	union socket_name to;
};

struct dns_ports {
	struct dns_ports_config c;
	uint16_t first;
	int epoll;
	int *fds[2];    // sockets by port index, IPv4 and IPv6; NULL: not wanted
	int packets[2]; // packet sockets, -1: none
	struct trace_ring *rings[2];
	uint64_t drops;
	uint32_t count;
	struct dns_letter letters[DNS_BATCH];
	struct mmsghdr messages[DNS_BATCH];
	struct iovec parts[DNS_BATCH];
	uint16_t order[DNS_BATCH];
	struct mmsghdr in[64];
	struct iovec in_parts[64];
	union socket_name in_from[64];
	uint8_t in_control[64][128];
	uint8_t in_bytes[64][DNS_PACKET];
};

// listen_io.c
enum err dns_rings_open(struct dns_ports *p, struct fault *f) MUSTUSE;
void dns_rings_close(struct dns_ports *p);
void dns_rings_take(struct dns_ports *p);
uint64_t dns_rings_drops(struct dns_ports *p);
// plain_io.c
enum err dns_plain_open(struct dns_ports *p, int fd, uint8_t family, struct fault *f) MUSTUSE;
void dns_plain_take(struct dns_ports *p);
