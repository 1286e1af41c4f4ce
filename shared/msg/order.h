// SPDX-License-Identifier: Apache-2.0
//
// Orders as plain structs (proto/order.proto). Texts and arrays are borrowed from the arena or the
// caller; a signed order travels as its exact bytes.
#pragma once

#include "base/arena.h"
#include "msg/dns.h"
#include "msg/graph.h"
#include "msg/page.h"
#include "msg/resolver.h"
#include "msg/trace.h"

#define ORDER_AUDIENCE_MAX 64   // nodes one order may name
#define ORDER_TARGETS_MAX  4096 // targets in one order
#define ORDER_MESSAGES_MAX 64   // planned messages in one run
#define ORDER_SIZE_MAX     (256 * 1024)

struct tunnel_order {
	uint8_t peer_key[32];
	struct addr endpoint; // gateway only
	uint16_t port;
	struct addr vantage4, gateway4, vantage6, gateway6, phone4, phone6;
	uint16_t mtu;      // 0: default
	struct span other; // node at the other end, or empty
	bool meet;         // both ends tell each other where they are seen from outside
};

struct trace_limits {
	uint8_t first_ttl, max_ttl, attempts, gap; // 0: default
	uint32_t wait_ms;                          // 0: default
	uint32_t share_s;    // near hops may be borrowed, so old at most; 0: never
	uint8_t again;       // more probes to a silent hop within the path, plus one; 0: default
	uint8_t tos;         // or traffic class
	uint16_t sport;      // ICMP: id; of a graph: the first; 0: the node's choice
	uint32_t flow_label; // of IPv6, plus one; 0: each flow its own
	bool pmtu;           // look for the path MTU
};

struct graph_order {
	enum graph_mode mode;    // unknown: lite
	uint32_t confidence_ppm; // 0: default
	uint32_t probes;         // most to one target; 0: default
};

struct target {
	struct addr addr;
	uint16_t port;
	enum trace_method method;
	struct span peer; // node name for a direct path, or empty
};

struct planned_message {
	struct span id;
	uint8_t from_side;
	uint32_t offset_ms;
	struct span text;
};

enum order_kind {
	ORDER_NONE,
	ORDER_VANTAGE,
	ORDER_GATEWAY,
	ORDER_TRACE,
	ORDER_GRAPH,
	ORDER_DNS,
	ORDER_DISCOVER,
	ORDER_FETCH,
	ORDER_PATH,
	ORDER_WITHDRAW,
};

#define ORDER_TYPES_MAX   16    // record types of one DNS scan
#define ORDER_FETCHES_MAX 8192  // pages of one order
#define ORDER_PATHS_MAX   8192  // paths of one order
#define ORDER_LISTEN_MAX  60000 // ms

// Addresses and names packed as in the message: see proto/order.proto.
struct dns_order {
	struct span resolvers4, resolvers6, domains;
	uint16_t types[ORDER_TYPES_MAX];
	size_t type_count;
	struct span control;
	enum dns_profile profile;
	uint32_t repetitions;
	enum dns_transport transport;
	uint32_t options;
	enum dns_kind kind;
	uint32_t listen_ms;
	struct prefix subnet; // family 0: none
	uint16_t size;        // 0: default
	uint32_t first_repetition;
	bool reserved;
};

struct discover_order {
	struct span prefixes4, prefixes6, addrs4, addrs6;
	struct span control, right4, right6, whoami, nothing;
	uint32_t rounds, every_ms, wait_ms;
	bool reserved;
};

struct fetch_order {
	struct addr addr;
	struct span domain;
	enum page_role role;
};

struct path_wish {
	struct addr addr;
	struct span domain;
};

struct path_order {
	struct path_wish *wishes;
	size_t count;
	struct span control;
	uint16_t type; // 0: default, as all below
	uint32_t options, wait_ms;
	uint8_t hops, attempts;
	bool reserved;
};

struct order {
	struct run_id id;
	uint64_t serial;
	struct span audience[ORDER_AUDIENCE_MAX];
	size_t audience_count;
	struct wall not_before, expires;
	struct run_id run;
	enum order_kind kind;
	// ORDER_VANTAGE and ORDER_GATEWAY
	uint8_t side;
	struct span app;
	struct wall start;
	uint32_t length_ms;
	struct tunnel_order tunnel;
	// ORDER_GATEWAY
	struct span phone, account, peer_account;
	struct planned_message messages[ORDER_MESSAGES_MAX];
	size_t message_count;
	// ORDER_VANTAGE (direct paths), ORDER_TRACE and ORDER_GRAPH
	struct target *targets;
	size_t target_count;
	struct trace_limits limits;
	struct graph_order graph; // ORDER_GRAPH
	// ORDER_DNS, ORDER_DISCOVER, ORDER_FETCH, ORDER_PATH: run is the scan
	struct dns_order dns;
	struct discover_order discover;
	struct fetch_order *fetches;
	size_t fetch_count;
	struct path_order path;
	uint32_t body_limit, rate;
	struct span withdraw; // ORDER_WITHDRAW: ids, RUN_ID_SIZE bytes each
};

struct signed_order {
	struct span body;
	struct span key;       // 32 bytes
	struct span signature; // 64 bytes
};

// Packs into OUT; ERR_FULL when it does not fit.
enum err order_write(struct wr *out, const struct order *in) MUSTUSE;
// Unpacks; everything that is not a value lives in ARENA. Checks ranges and counts.
enum err order_read(struct span in, struct arena *arena, struct order *out) MUSTUSE;

enum err signed_order_write(struct wr *out, const struct signed_order *in) MUSTUSE;
// Borrows from ARENA.
enum err signed_order_read(struct span in, struct arena *arena, struct signed_order *out) MUSTUSE;
