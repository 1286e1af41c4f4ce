// SPDX-License-Identifier: Apache-2.0
//
// What both WireGuard backends take and give: one interface with one peer. The kernel's module is
// configured by generic netlink, wireguard-go by its text protocol (uapi.h).
#pragma once

#include <sys/types.h>

#include "tunnel/tunnel.h"

#define WIREGUARD_ALLOWED (TUNNEL_PHONES + 2)

struct wireguard_config {
	char name[TUNNEL_NAME];
	uint8_t private_key[TUNNEL_KEY];
	uint8_t peer_key[TUNNEL_KEY];
	uint16_t listen_port;
	struct addr endpoint;
	uint16_t endpoint_port;
	uint16_t keepalive_s;
	struct prefix allowed[WIREGUARD_ALLOWED]; // source addresses the peer may use
	size_t allowed_count;
};

struct wireguard_state {
	uint16_t listen_port; // 0: not bound yet
	struct addr endpoint; // of the peer
	uint16_t endpoint_port;
	struct wall handshake; // 0: never
	uint64_t rx_bytes, tx_bytes;
};

// Each deed works on the interface NAME in this thread's network namespace.
struct wireguard_backend {
	const char *name;
	// Makes the interface. *PID: the child that drives it, or 0. ERR_UNSUPPORTED: not on this
	// machine, try the next.
	enum err (*open)(const char *name, pid_t *pid, struct fault *f);
	// The interface must be up.
	enum err (*set)(const struct wireguard_config *c, struct fault *f);
	enum err (*state)(const char *name, struct wireguard_state *out, struct fault *f);
	// Removes it; missing is fine.
	void (*close)(const char *name, pid_t pid);
};

extern const struct wireguard_backend wireguard_kernel, wireguard_user;

// The WireGuard part of a tunnel: a gateway's peer may send anything, a vantage node's only what
// is behind the gateway.
void wireguard_config_of(const struct tunnel_config *c, struct wireguard_config *out);
