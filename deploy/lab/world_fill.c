// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "lab/world_part.h"

#define FIRST_HOST 10 // last byte of the first assigned host; below are routers and gateways

static struct addr v4_of(int high, int third, int last)
{
	return addr_v4(198u << 24 | (uint32_t)high << 16 | (uint32_t)third << 8 | (uint32_t)last);
}

static struct addr v6_of(int third, int last)
{
	uint8_t bytes[16] = { 0x20, 0x01, 0x0d, 0xb8, (uint8_t)(third >> 8), (uint8_t)third };

	bytes[14] = (uint8_t)(last >> 8);
	bytes[15] = (uint8_t)last;
	return addr_of(span_of(bytes, sizeof(bytes)));
}

static void router_fill(struct world_router *r, int number)
{
	if (!r->v4.family)
		r->v4 = v4_of(18, number, 1);
	if (!r->v6.family)
		r->v6 = v6_of(number, 1);
}

// Hosts take the numbers in their router's network that nobody asked for by name.
static void host_fill(const struct world *w, struct world_host *h, int number)
{
	int lan = h->gateway == WORLD_NONE ? 0 : w->hosts[h->gateway].lan;
	int place = h->router + 1;

	if (!h->v4.family)
		h->v4 = lan ? v4_of(19, lan, number) : v4_of(18, place, number);
	if (!h->v6.family)
		h->v6 = lan ? v6_of(0x8000 + lan, number) : v6_of(place, number);
	if (h->lan) {
		h->lan_v4 = v4_of(19, h->lan, 1);
		h->lan_v6 = v6_of(0x8000 + h->lan, 1);
	}
}

static void addresses_fill(struct world *w)
{
	for (int i = 0; i < w->router_count; i++)
		router_fill(&w->routers[i], i + 1);
	for (int i = 0; i < w->host_count; i++)
		host_fill(w, &w->hosts[i], FIRST_HOST + w->hosts[i].seat);
}

struct holder {
	const char *name;
	int line;
	struct addr addr[4];
};

static struct holder holder_of(const struct world *w, int i)
{
	if (i < w->router_count) {
		const struct world_router *r = &w->routers[i];
		return (struct holder){ r->name, r->line, { r->v4, r->v6 } };
	}
	const struct world_host *h = &w->hosts[i - w->router_count];
	return (struct holder){ h->name, h->line, { h->v4, h->v6, h->lan_v4, h->lan_v6 } };
}

static enum err clash_check(const struct world_reading *r)
{
	const struct world *w = r->w;
	int count = w->router_count + w->host_count;

	for (int i = 0; i < count; i++) {
		struct holder a = holder_of(w, i);
		for (int k = 0; k < i * 16; k++) {
			struct holder b = holder_of(w, k / 16);
			struct addr one = a.addr[k % 16 / 4], other = b.addr[k % 4];
			if (!one.family || !addr_eq(one, other))
				continue;
			char text[ADDR_TEXT];
			addr_write(one, text);
			struct world_reading at = *r;
			at.line = a.line;
			return world_fault(&at, ERR_USAGE,
					   "%s has the address %s of %s; give one of them another",
					   a.name, text, b.name);
		}
	}
	return ERR_OK;
}

static enum err dns_check(const struct world_reading *r)
{
	for (int i = 0; i < r->w->host_count; i++) {
		const struct world_host *h = &r->w->hosts[i];
		struct span item;
		for (int k = 0; (item = world_attr_item(h, "dns", k)).at; k++) {
			char name[WORLD_NAME_MAX + 1];
			struct world_reading at = *r;
			at.line = h->line;
			if (text_copy(name, sizeof(name), item) != ERR_OK ||
			    !world_host_find(r->w, name))
				return world_fault(&at, ERR_USAGE,
						   "dns=%.*s is no host; name a host of this world",
						   (int)item.len, item.at);
		}
	}
	return ERR_OK;
}

// One piece: a host nobody can reach is a mistake in the file, not a measurement.
static enum err reach_check(const struct world_reading *r)
{
	const struct world *w = r->w;
	bool seen[WORLD_ROUTERS_MAX] = { true };

	for (int round = 0; round < w->router_count; round++) {
		bool more = false;
		for (int i = 0; i < w->link_count; i++) {
			int a = w->links[i].a, b = w->links[i].b;
			more |= seen[a] != seen[b];
			seen[a] = seen[b] = seen[a] || seen[b];
		}
		if (!more)
			break;
	}
	for (int i = 0; i < w->router_count; i++) {
		struct world_reading at = *r;
		at.line = w->routers[i].line;
		if (!seen[i])
			return world_fault(&at, ERR_USAGE,
					   "no chain of links joins router %s to %s; add a link",
					   w->routers[i].name, w->routers[0].name);
	}
	return ERR_OK;
}

enum err world_fill(const struct world_reading *r)
{
	struct world *w = r->w;

	if (!w->name)
		return world_fault(r, ERR_USAGE, "no \"world NAME\" line; begin the file with one");
	if (w->host_count == 0)
		return world_fault(r, ERR_USAGE, "a world without hosts; add a host line");
	addresses_fill(w);
	enum err err = clash_check(r);
	if (err == ERR_OK)
		err = dns_check(r);
	if (err == ERR_OK)
		err = reach_check(r);
	return err == ERR_OK ? world_dns_fill(r) : err;
}
