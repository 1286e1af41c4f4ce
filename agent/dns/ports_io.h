// SPDX-License-Identifier: Apache-2.0
//
// Many UDP source ports in a row, and every packet that comes back to them. Questions go out by the
// batch. With CAP_NET_RAW packets are read from a receive ring, so that the IP TTL, the IP id and
// ICMP errors of each are known, and the sockets only hold the ports; without it the sockets read,
// and the IP id is not known. In: messages with a port index; out: the engine's packets. Knows no
// pair.
#pragma once

#include "base/err.h"
#include "dns/scan.h"

struct dns_ports;

struct dns_ports_config {
	uint32_t count;
	bool v4, v6;
	size_t ring; // bytes, for each family
	bool no_ring;
	uint16_t first; // 0: chosen
	void (*heard)(void *self, struct mono at, const struct dns_heard *h);
	void (*icmp)(void *self, struct mono at, const struct dns_icmp *i);
	void (*failed)(void *self, struct mono at, struct dns_handle h, enum dns_error e);
	void *self;
};

enum err dns_ports_open(const struct dns_ports_config *c, struct dns_ports **out,
			struct fault *f) MUSTUSE;
void dns_ports_close(struct dns_ports **p);

uint16_t dns_ports_first(const struct dns_ports *p); // the port behind index 0
bool dns_ports_raw(const struct dns_ports *p);       // IP ids are known

// Queues one question; the batch leaves when full or at dns_ports_flush.
void dns_ports_put(struct dns_ports *p, const struct dns_want *w);
void dns_ports_flush(struct dns_ports *p, struct mono now);

// Hands over what has come, at most a good batch of it.
void dns_ports_take(struct dns_ports *p);

// To wait on: readable when something came.
int dns_ports_fd(const struct dns_ports *p);

// Packets that found no room, here or in the kernel, so far.
uint64_t dns_ports_drops(struct dns_ports *p);

enum dns_error dns_error_of(int sys); // errno as an error of a try
