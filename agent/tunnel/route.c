// SPDX-License-Identifier: Apache-2.0
#include "tunnel/route.h"

#define LAST_METRIC 9999 // behind the default route through the tunnel

static void address_write(struct wr *w, const char *name, struct tunnel_inner in, const char *more)
{
	char own[ADDR_TEXT], peer[ADDR_TEXT];
	if (in.own.family == 0)
		return;
	addr_write(in.own, own);
	addr_write(in.peer, peer);
	wr_format(w, "addr add %s peer %s dev %s%s\n", own, peer, name, more);
}

static void vantage_write(struct wr *w, const struct tunnel_config *c)
{
	char text[PREFIX_TEXT];
	for (size_t i = 0; i < c->phone_count; i++) {
		prefix_write(c->phones[i], text);
		wr_format(w, "route add %s dev %s\n", text, c->name);
	}
}

static void policy_write(struct wr *w, const char *verb, const struct tunnel_config *c)
{
	char text[PREFIX_TEXT];
	for (size_t i = 0; i < c->phone_count; i++) {
		prefix_write(c->phones[i], text);
		wr_format(w, "rule %s pref %d iif %s from %s lookup %u\n", verb, ROUTE_PRIORITY,
			  c->inside, text, tunnel_table(c->name));
	}
}

// What is left of the table when the tunnel's interface is gone: a wall, not the main table.
static void last_write(struct wr *w, const char *verb, const struct tunnel_config *c)
{
	static const char *const everything[] = { "0.0.0.0/0", "::/0" };
	for (size_t i = 0; i < COUNT(everything); i++)
		wr_format(w, "route %s unreachable %s table %u metric %d\n", verb, everything[i],
			  tunnel_table(c->name), LAST_METRIC);
}

static void gateway_write(struct wr *w, const struct tunnel_config *c)
{
	last_write(w, "add", c);
	policy_write(w, "add", c);
	if (c->inner4.own.family != 0)
		wr_format(w, "route add 0.0.0.0/0 dev %s table %u\n", c->name,
			  tunnel_table(c->name));
	if (c->inner6.own.family != 0)
		wr_format(w, "route add ::/0 dev %s table %u metric 1\n", c->name,
			  tunnel_table(c->name));
}

void route_write(struct wr *w, const struct tunnel_config *c)
{
	wr_format(w, "link set dev %s mtu %u up\n", c->name, c->mtu != 0 ? c->mtu : TUNNEL_MTU);
	address_write(w, c->name, c->inner4, "");
	address_write(w, c->name, c->inner6, " nodad");
	if (c->role == TUNNEL_VANTAGE)
		vantage_write(w, c);
	else
		gateway_write(w, c);
}

void route_undo_write(struct wr *w, const struct tunnel_config *c)
{
	if (c->role == TUNNEL_VANTAGE)
		return;
	policy_write(w, "del", c);
	last_write(w, "del", c);
}
