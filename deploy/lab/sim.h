// SPDX-License-Identifier: Apache-2.0
//
// All routers of a world as one engine. In go packets that hosts send, with the time; out come
// packets due for hosts, each after the delay of the path it took: the packet itself, or what a
// router on the way had to say about it. Knows no Ethernet, no socket, no clock.
#pragma once

#include "base/heap.h"
#include "lab/world.h"

#define SIM_PACKET_MAX WORLD_MTU
#define SIM_QUEUE_MAX  32768 // packets under way: 100 kpps for 300 ms; 50 MB when full

struct sim;

struct sim_packet {
	int host;
	struct mono at; // when it was due
	struct span bytes;
};

struct sim_stats {
	uint64_t heard, delivered;
	uint64_t malformed;    // no IP packet, or longer than SIM_PACKET_MAX
	uint64_t lost;         // by the loss of a link or router
	uint64_t answered;     // errors and replies that routers sent
	uint64_t silent;       // answers a silent router did not send
	uint64_t limited;      // errors beyond a router's rate
	uint64_t unanswerable; // packets that died where no error may be sent
	uint64_t injected;     // answers that injectors forged
	uint64_t overflow;     // dropped at SIM_QUEUE_MAX
};

// W is borrowed. SEED decides which packets are lost. NULL without memory.
struct sim *sim_new(const struct world *w, uint64_t seed);
void sim_free(struct sim **s);

// HOST (an index that is no phone: phones send through their gateway) sent PACKET at NOW.
void sim_hear(struct sim *s, int host, struct span packet, struct mono now);

void sim_tick(struct sim *s, struct mono now);

// The next packet due; its bytes are good until the next call of any sim function.
bool sim_next(struct sim *s, struct sim_packet *out);

// When something will be due; MONO_NEVER when nothing is under way.
struct mono sim_due(const struct sim *s);

struct sim_stats sim_stats(const struct sim *s);
