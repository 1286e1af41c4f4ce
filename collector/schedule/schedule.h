// SPDX-License-Identifier: Apache-2.0
//
// What the four nodes of one run are told: two vantage nodes, two gateways. Enters: who takes part
// and the run's serial number; leaves: orders that fit each other. Inner addresses and ports of the
// tunnels are derived from the serial, so that runs at the same time do not meet. Pure: it knows no
// database, no key, no clock.
#pragma once

#include "base/arena.h"
#include "msg/order.h"

#define SCHEDULE_TEXT_MAX 128  // bytes of a name or account with NUL
#define SCHEDULE_PORTS    8000 // UDP ports of tunnels, from port_first on, used in turn
#define SCHEDULE_PARTS    4
#define SCHEDULE_MTU_MIN  1280 // IPv6 and QUIC need it
#define SCHEDULE_MTU_MAX  1500

struct schedule_node {
	int64_t id;
	char name[NODE_NAME_MAX + 1];
	struct addr address4, address6; // family 0: none
	uint8_t wireguard[32];
};

struct schedule_phone {
	char name[SCHEDULE_TEXT_MAX], account[SCHEDULE_TEXT_MAX];
	struct addr address4, address6;
	struct schedule_node gateway;
};

struct schedule_side {
	struct schedule_node vantage;
	struct schedule_phone phone;
};

struct schedule_pool {
	struct prefix tunnel4, tunnel6;
	uint16_t port_first;
	uint16_t mtu; // inside; 0: the agents' default
};

struct schedule_run {
	struct run_id id;
	uint64_t serial;
	char app[SCHEDULE_TEXT_MAX]; // "none": no messages
	struct wall start;
	uint32_t length_ms;
	uint32_t messages; // in each direction
	struct schedule_pool pool;
	struct schedule_side side[2];
};

enum schedule_part {
	SCHEDULE_VANTAGE_1,
	SCHEDULE_VANTAGE_2,
	SCHEDULE_GATEWAY_1,
	SCHEDULE_GATEWAY_2,
};

// The tunnel of SIDE (1 or 2): addresses and port, no keys. ERR_RANGE: the pools cannot hold one
// tunnel, or the ports do not fit.
enum err schedule_tunnel(const struct schedule_pool *pool, uint64_t serial, int side,
			 struct tunnel_order *out) MUSTUSE;

// Node that carries out PART.
const struct schedule_node *schedule_node_of(const struct schedule_run *run,
					     enum schedule_part part);

// Fills OUT but for id, serial, not_before and expires. Texts and arrays live in ARENA and RUN.
enum err schedule_order(const struct schedule_run *run, enum schedule_part part,
			struct arena *arena, struct order *out) MUSTUSE;
