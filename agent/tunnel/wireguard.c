// SPDX-License-Identifier: Apache-2.0
#include "tunnel/wireguard.h"

#include <string.h>

static void allow(struct wireguard_config *out, struct addr a, uint8_t bits)
{
	if (a.family != 0)
		out->allowed[out->allowed_count++] = (struct prefix){ .addr = a, .bits = bits };
}

static void allow_gateway(const struct tunnel_config *c, struct wireguard_config *out)
{
	allow(out, c->inner4.peer, 32);
	allow(out, c->inner6.peer, 128);
	for (size_t i = 0; i < c->phone_count; i++)
		allow(out, c->phones[i].addr, c->phones[i].bits);
}

static void allow_vantage(struct wireguard_config *out)
{
	allow(out, (struct addr){ .family = 4 }, 0);
	allow(out, (struct addr){ .family = 6 }, 0);
}

void wireguard_config_of(const struct tunnel_config *c, struct wireguard_config *out)
{
	*out = (struct wireguard_config){
		.listen_port = c->listen_port,
		.endpoint = c->endpoint,
		.endpoint_port = c->endpoint_port,
		.keepalive_s = c->keepalive_s,
	};
	memcpy(out->name, c->name, sizeof(out->name));
	memcpy(out->private_key, c->private_key, TUNNEL_KEY);
	memcpy(out->peer_key, c->peer_key, TUNNEL_KEY);
	if (c->role == TUNNEL_VANTAGE)
		allow_gateway(c, out);
	else
		allow_vantage(out);
}
