// SPDX-License-Identifier: Apache-2.0
//
// Opens, looks at and closes one end of a tunnel at the network namespace of the calling thread: a
// gateway's end in it, a vantage node's in a new one behind it.
// Every call returns within a second or two and none waits for the other end. A tunnel belongs to
// the thread that opened it: where wireguard-go drives it, the child dies with that thread.
//
// Whatever the end of the process, no packet of a phone leaves by the gateway's own uplink: the
// guard (tunnel_lockdown) stays when everything else is gone.
#pragma once

#include "tunnel/tunnel.h"

struct tunnel;

// All or nothing. The order is: record for a successor, rules (a gateway's guard among them), a
// vantage node's space and cable, the interface, routes, forwarding, keys. C is not kept: wipe it
// afterwards (tunnel_config_wipe). ERR_UNSUPPORTED: neither kernel WireGuard nor wireguard-go.
// ERR_PERMIT: capability missing.
enum err tunnel_open(const struct tunnel_config *c, struct tunnel **out, struct fault *f) MUSTUSE;

// A tunnel that died is a state like another: alive is false.
void tunnel_state(const struct tunnel *t, struct tunnel_state *out);

// Borrowed. For the capture, which must be opened by tunnel_within.
const char *tunnel_interface(const struct tunnel *t);

// The address a vantage node's end gives the phone's packets within the node; family 0: that FAMILY
// is not carried, or a gateway.
struct addr tunnel_space(const struct tunnel *t, uint8_t family);

// Runs FN with the calling thread in the network namespace the tunnel's interface is in.
typedef enum err tunnel_fn(void *self, struct fault *f);
enum err tunnel_within(const struct tunnel *t, tunnel_fn *fn, void *self, struct fault *f) MUSTUSE;

void tunnel_close(struct tunnel **t);

// The kill switch before any tunnel is up: run it when a gateway's agent starts, with the
// interfaces phones are on. From then on this namespace forwards nothing but what a tunnel carries,
// also after this process has ended. Again with more interfaces: they are added.
enum err tunnel_lockdown(const char *const *phones, size_t count, struct fault *f) MUSTUSE;

// Removes what killed processes left in this namespace: children, interfaces, policy rules, passes
// through the guard, records. What a living process owns is left alone. *COUNT (may be NULL): how
// many tunnels that were.
enum err tunnel_sweep(size_t *count, struct fault *f) MUSTUSE;
