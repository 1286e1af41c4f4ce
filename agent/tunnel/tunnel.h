// SPDX-License-Identifier: Apache-2.0
//
// One end of one tunnel. What enters: the parts of an order (the other end's key and endpoint, the
// inner addresses, the phone's addresses). What leaves: names, numbers and a verdict on the
// configuration; the deeds are in tunnel_io.h. This room does not know runs, orders or collectors.
//
//     phone ── inside ┤gateway├ wmg… ══ WireGuard over the uplink ══ wmv… ┤vantage├ outside ── net
//
// The vantage node's end is in a network namespace of its own (cable.h), so phones with equal
// addresses can use one node at a time. Its inner addresses are the middle two of a block of four,
// and the family of the outer packets must be one that is carried inside.
//
// The inner MTU is 1420 with the MSS of both directions set to what fits it (robust where a server
// ignores "fragmentation needed", at the price that it sees 1380 and not 1460), or 1500: then
// nothing shows, and the outer packets of large inner ones travel in two fragments. The vantage end
// masquerades and keeps source ports.
#pragma once

#include "base/addr.h"
#include "base/time.h"

#define TUNNEL_NAME      16   // IFNAMSIZ: 15 letters and a NUL
#define TUNNEL_KEY       32   // X25519
#define TUNNEL_RUN       16   // bytes of a run id
#define TUNNEL_PHONES    4    // address ranges of one phone: IPv4, and what IPv6 gives it
#define TUNNEL_MTU       1420 // 1500 less IPv6, UDP and WireGuard
#define TUNNEL_MTU_WHOLE 1500 // inner packets as on Ethernet: the outer ones come in fragments
#define TUNNEL_MTU_MIN   1280 // IPv6 and QUIC need it

enum tunnel_role {
	TUNNEL_VANTAGE,
	TUNNEL_GATEWAY,
	TUNNEL_ROLE_COUNT_,
};

// One family inside the tunnel; family 0 in OWN: that family is not carried.
struct tunnel_inner {
	struct addr own, peer;
};

struct tunnel_config {
	enum tunnel_role role;
	char name[TUNNEL_NAME]; // of the interface: tunnel_name_write
	uint8_t private_key[TUNNEL_KEY];
	uint8_t peer_key[TUNNEL_KEY];
	uint16_t listen_port; // 0: the kernel chooses, see tunnel_state
	struct addr endpoint; // outer address of the peer; family 0: the peer calls us
	uint16_t endpoint_port;
	uint16_t keepalive_s; // 25 keeps a NAT open; 0: none
	uint16_t mtu;         // 0: TUNNEL_MTU
	struct tunnel_inner inner4, inner6;
	struct prefix phones[TUNNEL_PHONES]; // what stands behind the gateway
	size_t phone_count;
	char inside[TUNNEL_NAME];  // gateway: the interface the phone is on
	char outside[TUNNEL_NAME]; // vantage: the uplink
	// vantage: where port 53 goes, whatever the phone asked; family 0 rejects that family's.
	struct addr resolver4, resolver6;
};

struct tunnel_state {
	bool alive;           // the interface is there and what drives it answers
	int64_t handshake_ns; // age of the last handshake; INT64_MAX before the first
	uint64_t rx_bytes, tx_bytes;
	uint16_t listen_port;
	struct addr endpoint; // where the peer was heard last
	uint16_t endpoint_port;
	const char *backend; // "kernel" or "user"
};

// "wm", v or g, the side (a or b) and the first eleven digits of the run id.
void tunnel_name_write(enum tunnel_role role, const uint8_t run[static TUNNEL_RUN], char side,
		       char out[static TUNNEL_NAME]);

// True for what tunnel_name_write can have made.
bool tunnel_name_ours(struct span name);

// The routing table a gateway's tunnel uses: far from the numbers people choose.
uint32_t tunnel_table(const char *name);

// ERR_USAGE and one sentence when this cannot become a tunnel.
enum err tunnel_check(const struct tunnel_config *c, struct fault *f) MUSTUSE;

// Traffic can pass: WireGuard itself gives a session up after 180 s.
bool tunnel_ready(const struct tunnel_state *s);

// Zeroes the configuration with its key.
void tunnel_config_wipe(struct tunnel_config *c);
