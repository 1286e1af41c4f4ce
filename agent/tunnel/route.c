// SPDX-License-Identifier: Apache-2.0
#include "tunnel/route.h"

#include <stdio.h>

#include "tunnel/cable.h"

#define LAST_METRIC 9999 // behind the default route through the tunnel

static const char *everything(uint8_t family)
{
	return family == 4 ? "0.0.0.0/0" : "::/0";
}

static void address_write(struct wr *w, const char *name, struct tunnel_inner in)
{
	char own[ADDR_TEXT], peer[ADDR_TEXT];
	addr_write(in.own, own);
	addr_write(in.peer, peer);
	wr_format(w, "addr add %s peer %s dev %s%s\n", own, peer, name,
		  in.own.family == 6 ? " nodad" : "");
}

// What stands in front of and behind each of the phone's address ranges.
static void phones_write(struct wr *w, const struct tunnel_config *c, uint8_t family,
			 const char *before, const char *after)
{
	char text[PREFIX_TEXT];
	for (size_t i = 0; i < c->phone_count; i++) {
		if (c->phones[i].addr.family != family)
			continue;
		prefix_write(c->phones[i], text);
		wr_format(w, "%s %s %s\n", before, text, after);
	}
}

static void policy_write(struct wr *w, const char *verb, const struct tunnel_config *c,
			 uint8_t family)
{
	char before[64], after[32];
	snprintf(before, sizeof(before), "rule %s pref %d iif %s from", verb, ROUTE_PRIORITY,
		 c->inside);
	snprintf(after, sizeof(after), "lookup %u", tunnel_table(c->name));
	phones_write(w, c, family, before, after);
}

// What is left of the table when the tunnel's interface is gone: a wall, not the main table.
static void last_write(struct wr *w, const char *verb, const struct tunnel_config *c,
		       uint8_t family)
{
	wr_format(w, "route %s unreachable %s table %u metric %d\n", verb, everything(family),
		  tunnel_table(c->name), LAST_METRIC);
}

static void gateway_write(struct wr *w, const struct tunnel_config *c, uint8_t family, bool carried)
{
	last_write(w, "add", c, family);
	policy_write(w, "add", c, family);
	if (carried)
		wr_format(w, "route add %s dev %s table %u metric 1\n", everything(family), c->name,
			  tunnel_table(c->name));
}

void route_write(struct wr *w, const struct tunnel_config *c, uint8_t family)
{
	struct tunnel_inner in = family == 4 ? c->inner4 : c->inner6;
	bool carried = in.own.family != 0;
	char after[TUNNEL_NAME + 4];
	snprintf(after, sizeof(after), "dev %s", c->name);
	if (family == 4)
		wr_format(w, "link set dev %s mtu %u up\n", c->name,
			  c->mtu != 0 ? c->mtu : TUNNEL_MTU);
	if (carried)
		address_write(w, c->name, in);
	if (c->role == TUNNEL_GATEWAY)
		gateway_write(w, c, family, carried);
	else if (carried)
		phones_write(w, c, family, "route add", after);
}

void route_undo_write(struct wr *w, const struct tunnel_config *c, uint8_t family)
{
	struct cable k;
	cable_of(c, &k);
	if (c->role == TUNNEL_VANTAGE && family == 4)
		cable_undo_write(w, &k);
	if (c->role == TUNNEL_VANTAGE)
		return;
	policy_write(w, "del", c, family);
	last_write(w, "del", c, family);
}
