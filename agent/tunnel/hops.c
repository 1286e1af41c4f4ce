// SPDX-License-Identifier: Apache-2.0
#include "tunnel/hops.h"

#include <stdio.h>

static const struct family {
	uint8_t number;
	const char *table, *field, *source;
} families[] = {
	{ 4, "ip", "ip ttl", "ip saddr" },
	{ 6, "ip6", "ip6 hoplimit", "ip6 saddr" },
};

static void raise_write(struct wr *w, const struct family *f, int first, int last)
{
	for (int ttl = first; ttl >= last; ttl--)
		wr_format(w, "%s %d %s set %d return; ", f->field, ttl, f->field, ttl + 1);
}

// nft cannot add: a rule for each value, those that systems send first in front.
static void chain_write(struct wr *w, const struct family *f)
{
	wr_text(w, "chain raise { ");
	raise_write(w, f, 64, 1);
	raise_write(w, f, 128, 65);
	raise_write(w, f, HOPS_MAX - 1, 129);
	wr_text(w, "}; ");
}

static void jump_write(struct wr *w, const char *interface, const char *more)
{
	wr_format(w, "iifname \"%s\" %sjump raise; ", interface, more);
}

// Several phones may share an interface, each with a tunnel and a table of its own.
static void phones_write(struct wr *w, const struct tunnel_config *c, const struct family *f)
{
	char text[PREFIX_TEXT], more[PREFIX_TEXT + 16];
	for (size_t i = 0; i < c->phone_count; i++) {
		if (c->phones[i].addr.family != f->number)
			continue;
		prefix_write(c->phones[i], text);
		snprintf(more, sizeof(more), "%s %s ", f->source, text);
		jump_write(w, c->inside, more);
	}
}

static void begin_write(struct wr *w, const struct tunnel_config *c, const struct family *f)
{
	wr_format(w, "table %s waymark_%s { flags owner; ", f->table, c->name);
	chain_write(w, f);
	wr_text(w, "chain before { type filter hook prerouting priority -150; ");
}

static void family_write(struct wr *w, const struct tunnel_config *c, const struct family *f)
{
	begin_write(w, c, f);
	jump_write(w, c->name, "");
	if (c->role == TUNNEL_GATEWAY) {
		phones_write(w, c, f);
	} else {
		jump_write(w, c->name, ""); // the node's hop comes after the space's
		jump_write(w, CABLE_INSIDE, "");
	}
	wr_text(w, "}; }\n");
}

void hops_write(struct wr *w, const struct tunnel_config *c)
{
	if (c->inner4.own.family != 0)
		family_write(w, c, &families[0]);
	if (c->inner6.own.family != 0)
		family_write(w, c, &families[1]);
}

// Connection tracking knows what belongs to the space, whatever address it has here.
static void node_write(struct wr *w, const struct tunnel_config *c, struct addr space,
		       const struct family *f)
{
	char text[ADDR_TEXT], more[ADDR_TEXT + 48];
	if (space.family == 0)
		return;
	addr_write(space, text);
	snprintf(more, sizeof(more), "ct direction reply ct original %s %s ", f->source, text);
	begin_write(w, c, f);
	jump_write(w, c->outside, more);
	wr_text(w, "}; }\n");
}

void hops_node_write(struct wr *w, const struct tunnel_config *c, const struct cable *k)
{
	node_write(w, c, k->space4, &families[0]);
	node_write(w, c, k->space6, &families[1]);
}
