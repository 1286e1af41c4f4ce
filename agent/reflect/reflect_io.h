// SPDX-License-Identifier: Apache-2.0
//
// A reflector's sockets: questions by UDP on two ports and by TCP on the first, DNS queries by UDP
// on a port of its own. In: packets from anybody. Out: what reflect.h says to each.
#pragma once

#include "reflect/reflect.h"
#include "sys/loop.h"

#define REFLECT_TTL         64
#define REFLECT_CONNECTIONS 64             // at once; the oldest gives way
#define REFLECT_PATIENCE    (5 * NS_PER_S) // for the question of one

struct reflect_io_config {
	struct addr address4, address6; // to listen on; family 0: all of that family
	uint16_t port, dns_port;        // dns_port 0: no DNS
	double rate, rate_net;
	const char *zone; // borrowed
};

struct reflect_io;

// A family this machine does not have is left out. ERR_UNSUPPORTED: neither is there.
enum err reflect_io_open(struct loop *l, const struct reflect_io_config *c, struct reflect_io **out,
			 struct fault *f) MUSTUSE;
void reflect_io_close(struct reflect_io **r);
struct reflect_counts reflect_io_count(const struct reflect_io *r);
