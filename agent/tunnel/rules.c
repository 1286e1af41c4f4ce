// SPDX-License-Identifier: Apache-2.0
#include "tunnel/rules.h"

#include "tunnel/cable.h"

#define TCP_OVER_V4 40 // IPv4 and TCP headers, without options
#define TCP_OVER_V6 60

static void guard_frame(struct wr *w)
{
	// The wmh lines: a machine that is a vantage node too forwards its tunnels' traffic.
	wr_text(w, "add table inet " RULES_GUARD "\n"
		   "add set inet " RULES_GUARD " phones { type ifname; }\n"
		   "add set inet " RULES_GUARD " pass { type ifname . ifname; }\n"
		   "add chain inet " RULES_GUARD " gate "
		   "{ type filter hook forward priority -10; policy drop; }\n"
		   "flush chain inet " RULES_GUARD " gate\n"
		   "add rule inet " RULES_GUARD " gate iifname . oifname @pass accept\n"
		   "add rule inet " RULES_GUARD " gate iifname @phones meta nfproto ipv6 "
		   "reject with icmpv6 admin-prohibited\n"
		   "add rule inet " RULES_GUARD " gate iifname @phones drop\n"
		   "add rule inet " RULES_GUARD " gate oifname @phones drop\n"
		   "add rule inet " RULES_GUARD " gate iifname \"wmh*\" accept\n"
		   "add rule inet " RULES_GUARD " gate oifname \"wmh*\" accept\n");
}

void rules_guard_write(struct wr *w, const char *const *phones, size_t count)
{
	guard_frame(w);
	for (size_t i = 0; i < count; i++)
		wr_format(w, "add element inet " RULES_GUARD " phones { \"%s\" }\n", phones[i]);
}

static void pairs(struct wr *w, const char *verb, const struct tunnel_config *c)
{
	wr_format(w,
		  "%s element inet " RULES_GUARD " pass "
		  "{ \"%s\" . \"%s\", \"%s\" . \"%s\" }\n",
		  verb, c->inside, c->name, c->name, c->inside);
}

void rules_pass_write(struct wr *w, const struct tunnel_config *c)
{
	pairs(w, "add", c);
}

void rules_block_write(struct wr *w, const struct tunnel_config *c)
{
	pairs(w, "delete", c);
}

void rules_table_write(struct wr *w, const char *name)
{
	wr_format(w, "add table inet waymark_%s { flags owner; }\n", name);
}

void rules_chain_write(struct wr *w, const char *name, const char *chain, const char *hook)
{
	wr_format(w, "add chain inet waymark_%s %s { type %s; policy accept; }\n", name, chain,
		  hook);
}

// DNS to SERVER whatever was asked; without one, a refusal at once, for a query that went on would
// be answered by somebody else's resolver.
static void resolver_write(struct wr *w, const char *name, struct addr server, uint8_t family)
{
	char text[ADDR_TEXT];
	addr_write(server, text);
	if (server.family != 0)
		wr_format(w,
			  "add rule inet waymark_%s before iifname \"%s\" meta nfproto ipv%u "
			  "meta l4proto { tcp, udp } th dport 53 dnat %s to %s\n",
			  name, name, family, family == 4 ? "ip" : "ip6", text);
	else
		wr_format(w,
			  "add rule inet waymark_%s forward iifname \"%s\" meta nfproto ipv%u "
			  "meta l4proto { tcp, udp } th dport 53 reject\n",
			  name, name, family);
}

static void server_write(struct wr *w, const char *name, const char *from, struct addr server,
			 const char *family)
{
	char text[ADDR_TEXT];
	addr_write(server, text);
	if (server.family != 0)
		wr_format(w, "add rule inet waymark_%s forward iifname \"%s\" %s daddr %s accept\n",
			  name, from, family, text);
}

void rules_server_write(struct wr *w, const struct tunnel_config *c, const char *from)
{
	server_write(w, c->name, from, c->resolver4, "ip");
	server_write(w, c->name, from, c->resolver6, "ip6");
}

// Both directions: what enters the tunnel and what left it.
static void clamp_write(struct wr *w, const struct tunnel_config *c)
{
	static const struct {
		uint8_t family;
		int over;
	} kinds[] = { { 4, TCP_OVER_V4 }, { 6, TCP_OVER_V6 } };
	int mtu = c->mtu != 0 ? c->mtu : TUNNEL_MTU;
	if (mtu >= TUNNEL_MTU_WHOLE)
		return;
	for (size_t i = 0; i < COUNT(kinds); i++)
		for (int in = 0; in < 2; in++)
			wr_format(w,
				  "add rule inet waymark_%s forward %s \"%s\" meta nfproto ipv%u "
				  "tcp flags syn tcp option maxseg size set %d\n",
				  c->name, in ? "iifname" : "oifname", c->name, kinds[i].family,
				  mtu - kinds[i].over);
}

// The phone may ask the node for nothing but an echo and, where the resolver is here, names.
void rules_input_write(struct wr *w, const char *name, const char *from)
{
	static const char *const allowed[] = {
		"ct state established,related accept",
		"meta l4proto { icmp, ipv6-icmp } accept",
		"meta l4proto { tcp, udp } th dport 53 accept",
		"drop",
	};
	rules_chain_write(w, name, "input", "filter hook input priority 0");
	for (size_t i = 0; i < COUNT(allowed); i++)
		wr_format(w, "add rule inet waymark_%s input iifname \"%s\" %s\n", name, from,
			  allowed[i]);
}

// In the space: what leaves it has the space's address, and the cable's other end gives it the
// node's.
static void vantage_write(struct wr *w, const struct tunnel_config *c)
{
	rules_table_write(w, c->name);
	rules_chain_write(w, c->name, "before", "nat hook prerouting priority -100");
	rules_chain_write(w, c->name, "forward", "filter hook forward priority -150");
	rules_chain_write(w, c->name, "after", "nat hook postrouting priority 100");
	clamp_write(w, c);
	resolver_write(w, c->name, c->resolver4, 4);
	resolver_write(w, c->name, c->resolver6, 6);
	wr_format(w,
		  "add rule inet waymark_%s forward iifname \"%s\" oifname != \"" CABLE_INSIDE
		  "\" reject\n",
		  c->name, c->name);
	// What the node sends in is for the phone; anything else would go round (see hops.h).
	wr_format(w,
		  "add rule inet waymark_%s forward iifname \"" CABLE_INSIDE
		  "\" oifname != \"%s\" drop\n",
		  c->name, c->name);
	wr_format(w, "add rule inet waymark_%s forward oifname \"%s\" ct state new drop\n", c->name,
		  c->name);
	wr_format(w, "add rule inet waymark_%s after iifname \"%s\" masquerade\n", c->name,
		  c->name);
	rules_input_write(w, c->name, c->name);
}

// A phone that was told to ask the gateway itself is sent on to the vantage node, which sends on
// to its resolver.
static void local_names_write(struct wr *w, const struct tunnel_config *c, struct addr peer)
{
	char text[ADDR_TEXT];
	if (peer.family == 0)
		return;
	addr_write(peer, text);
	wr_format(w,
		  "add rule inet waymark_%s before iifname \"%s\" meta nfproto ipv%u fib daddr "
		  "type local meta l4proto { tcp, udp } th dport 53 dnat %s to %s\n",
		  c->name, c->inside, peer.family, peer.family == 4 ? "ip" : "ip6", text);
}

static void gateway_write(struct wr *w, const struct tunnel_config *c)
{
	rules_table_write(w, c->name);
	rules_chain_write(w, c->name, "before", "nat hook prerouting priority -100");
	local_names_write(w, c, c->inner4.peer);
	local_names_write(w, c, c->inner6.peer);
}

void rules_tunnel_write(struct wr *w, const struct tunnel_config *c)
{
	if (c->role == TUNNEL_VANTAGE)
		vantage_write(w, c);
	else
		gateway_write(w, c);
}
