// SPDX-License-Identifier: Apache-2.0
#include "tunnel/cable.h"

#include <stdio.h>

#include "tunnel/rules.h"

#define NODE_MAC  "02:57:4d:00:00:01" // locally administered; a cable has no other ends
#define SPACE_MAC "02:57:4d:00:00:02"

static struct addr in_block(struct addr own, uint8_t last)
{
	size_t at = own.family == 4 ? 3 : 15;
	if (own.family != 0)
		own.bytes[at] = (uint8_t)((own.bytes[at] & ~3) | last);
	return own;
}

void cable_of(const struct tunnel_config *c, struct cable *out)
{
	snprintf(out->name, sizeof(out->name), "wmh%s", c->name + 3);
	out->node4 = in_block(c->inner4.own, 0);
	out->space4 = in_block(c->inner4.own, 3);
	out->node6 = in_block(c->inner6.own, 0);
	out->space6 = in_block(c->inner6.own, 3);
}

struct end {
	const char *name, *mac; // of the interface; of its other end
	struct addr own, other;
};

// Neighbours are told, not asked for: no packet waits for an answer or for address detection.
static void end_write(struct wr *w, const struct end *e)
{
	char own[ADDR_TEXT], other[ADDR_TEXT];
	int bits = addr_bits(e->own);
	if (e->own.family == 0)
		return;
	addr_write(e->own, own);
	addr_write(e->other, other);
	wr_format(w, "addr add %s/%d dev %s%s\n", own, bits, e->name,
		  e->own.family == 6 ? " nodad" : "");
	wr_format(w, "route add %s/%d dev %s\n", other, bits, e->name);
	wr_format(w, "neigh add %s lladdr %s dev %s nud permanent\n", other, e->mac, e->name);
}

void cable_node_write(struct wr *w, const struct cable *k, const char *space)
{
	const struct end four = { k->name, SPACE_MAC, k->node4, k->space4 };
	const struct end six = { k->name, SPACE_MAC, k->node6, k->space6 };
	wr_format(w,
		  "link add %s address " NODE_MAC " type veth peer name " CABLE_INSIDE
		  " address " SPACE_MAC " netns %s\n"
		  "link set dev %s up\n",
		  k->name, space, k->name);
	end_write(w, &four);
	end_write(w, &six);
}

static void way_write(struct wr *w, struct addr node, const char *everything)
{
	char text[ADDR_TEXT];
	addr_write(node, text);
	if (node.family != 0)
		wr_format(w, "route add %s via %s dev " CABLE_INSIDE "\n", everything, text);
}

void cable_space_write(struct wr *w, const struct cable *k)
{
	const struct end four = { CABLE_INSIDE, NODE_MAC, k->space4, k->node4 };
	const struct end six = { CABLE_INSIDE, NODE_MAC, k->space6, k->node6 };
	wr_text(w, "link set dev lo up\nlink set dev " CABLE_INSIDE " up\n");
	end_write(w, &four);
	end_write(w, &six);
	way_write(w, k->node4, "0.0.0.0/0");
	way_write(w, k->node6, "::/0");
}

void cable_undo_write(struct wr *w, const struct cable *k)
{
	wr_format(w, "link del dev %s\n", k->name);
}

// From the net, and from a gateway on this same machine.
static void port_write(struct wr *w, const char *name, struct addr space, uint16_t port)
{
	static const char *const chains[] = { "before", "local" };
	char text[ADDR_TEXT];
	addr_write(space, text);
	for (size_t i = 0; i < COUNT(chains) && space.family != 0; i++)
		wr_format(w,
			  "add rule inet waymark_%s %s meta nfproto ipv%u fib daddr type local "
			  "udp dport %u dnat %s to %s\n",
			  name, chains[i], space.family, port, space.family == 4 ? "ip" : "ip6",
			  text);
}

// The outer packets are followed in a zone of their own, numbered as the port: a gateway that
// called before the port was sent on would else be held to what became of its first packet.
static void zone_write(struct wr *w, const char *name, const struct cable *k, uint16_t port)
{
	static const char *const chains[][2] = {
		{ "zone", "filter hook prerouting priority -300" },
		{ "zone_local", "filter hook output priority -300" },
	};
	for (size_t i = 0; i < COUNT(chains); i++) {
		rules_chain_write(w, name, chains[i][0], chains[i][1]);
		wr_format(w,
			  "add rule inet waymark_%s %s udp dport %u fib daddr type local "
			  "ct zone set %u\n",
			  name, chains[i][0], port, port);
	}
	wr_format(w, "add rule inet waymark_%s zone iifname \"%s\" udp sport %u ct zone set %u\n",
		  name, k->name, port, port);
}

static void forward_write(struct wr *w, const struct tunnel_config *c, const struct cable *k)
{
	rules_chain_write(w, c->name, "forward", "filter hook forward priority -150");
	// What answers the outer packets goes wherever they came from.
	wr_format(w, "add rule inet waymark_%s forward iifname \"%s\" ct direction reply accept\n",
		  c->name, k->name);
	rules_server_write(w, c, k->name);
	wr_format(w, "add rule inet waymark_%s forward iifname \"%s\" oifname != \"%s\" reject\n",
		  c->name, k->name, c->outside);
	// Forwarding was switched on for the uplink: neighbours are not to use it towards the
	// phone.
	wr_format(w, "add rule inet waymark_%s forward oifname \"%s\" ct status dnat accept\n",
		  c->name, k->name);
	wr_format(w, "add rule inet waymark_%s forward oifname \"%s\" ct state new drop\n", c->name,
		  k->name);
}

void cable_rules_write(struct wr *w, const struct tunnel_config *c, const struct cable *k,
		       uint16_t port)
{
	rules_table_write(w, c->name);
	rules_chain_write(w, c->name, "before", "nat hook prerouting priority -100");
	rules_chain_write(w, c->name, "local", "nat hook output priority -100");
	rules_chain_write(w, c->name, "after", "nat hook postrouting priority 100");
	zone_write(w, c->name, k, port);
	port_write(w, c->name, k->space4, port);
	port_write(w, c->name, k->space6, port);
	forward_write(w, c, k);
	// Plain masquerade keeps the source port where it is free; never add `random`.
	wr_format(w, "add rule inet waymark_%s after iifname \"%s\" masquerade\n", c->name,
		  k->name);
	rules_input_write(w, c->name, k->name);
}
