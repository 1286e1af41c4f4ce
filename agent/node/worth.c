// SPDX-License-Identifier: Apache-2.0
#include "node/worth.h"

static bool ours(const struct tunnel_order *t, struct addr a)
{
	return addr_eq(a, t->vantage4) || addr_eq(a, t->gateway4) || addr_eq(a, t->vantage6) ||
	       addr_eq(a, t->gateway6) || addr_eq(a, t->phone4) || addr_eq(a, t->phone6);
}

bool worth_telling(const struct node_config *c, const struct flow_key *k)
{
	return k->bport != c->reflector_port ||
	       (!addr_eq(k->b, c->reflector4) && !addr_eq(k->b, c->reflector6));
}

bool worth_tracing(const struct node_config *c, const struct tunnel_order *t,
		   const struct flow_key *k)
{
	bool multicast = k->b.family == 4 ? k->b.bytes[0] >= 224 : k->b.bytes[0] == 0xff;
	bool local = k->b.family == 6 && k->b.bytes[0] == 0xfe && (k->b.bytes[1] & 0xc0) == 0x80;
	// Port 53 goes to this node's own resolver whatever address the phone asked.
	return (k->proto == 6 || k->proto == 17) && k->bport != 53 && !multicast && !local &&
	       !ours(t, k->b) && worth_telling(c, k);
}
