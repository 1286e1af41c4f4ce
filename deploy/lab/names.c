// SPDX-License-Identifier: Apache-2.0
#include "lab/names.h"

#include <stdio.h>

#include "base/text.h"
#include "lab/apps.h"

#define TTL_S 60

void names_host(const char *name, char out[static NAMES_NAME_MAX])
{
	snprintf(out, NAMES_NAME_MAX, "%s." APPS_SUFFIX, name);
}

static bool has_item(const struct world_host *h, const char *key, struct span item)
{
	for (int k = 0;; k++) {
		struct span have = world_attr_item(h, key, k);
		if (have.len == 0)
			return false;
		if (span_eq(have, item))
			return true;
	}
}

// Which host a resolver in COUNTRY answers with for NAME; NULL: the name is not known.
static const struct world_host *server_of(const struct world *w, struct span name,
					  const char *country)
{
	const struct world_host *general = NULL;

	for (int i = 0; i < w->host_count; i++) {
		const struct world_host *h = &w->hosts[i];
		if (!has_item(h, "names", name))
			continue;
		if (has_item(h, "serves", span_text(country)))
			return h;
		if (general == NULL && world_attr_find(h, "serves") == NULL)
			general = h;
	}
	return general;
}

static void address(struct wr *w, struct addr a)
{
	char text[ADDR_TEXT];

	if (a.family == 0)
		return;
	addr_write(a, text);
	wr_format(w, ",%s", text);
}

static void record(struct wr *w, struct span name, struct addr v4, struct addr v6)
{
	if (v4.family == 0 && v6.family == 0)
		return;
	wr_format(w, "host-record=%.*s", (int)name.len, name.at);
	address(w, v4);
	address(w, v6);
	wr_u8(w, '\n');
}

static void own_record(struct wr *w, const char *host, struct addr v4, struct addr v6)
{
	char name[NAMES_NAME_MAX];

	names_host(host, name);
	record(w, span_text(name), v4, v6);
}

// Every service name once, where its first host declares it.
static void services(struct wr *w, const struct world *world, const char *country)
{
	for (int i = 0; i < world->host_count; i++) {
		for (int k = 0;; k++) {
			struct span name = world_attr_item(&world->hosts[i], "names", k);
			bool first = name.len > 0;
			for (int j = 0; first && j < i; j++)
				first = !has_item(&world->hosts[j], "names", name);
			if (name.len == 0)
				break;
			const struct world_host *h = server_of(world, name, country);
			if (first && h != NULL)
				record(w, name, h->v4, h->v6);
		}
	}
}

// A zone that is delegated to a reflector, so that it sees who asks.
static void reflectors(struct wr *w, const struct world *world)
{
	char text[ADDR_TEXT];

	for (int i = 0; i < world->host_count; i++) {
		const struct world_host *h = &world->hosts[i];
		const char *zone = world_attr_find(h, "reflector");
		if (zone == NULL)
			continue;
		addr_write(h->v4.family != 0 ? h->v4 : h->v6, text);
		wr_format(w, "server=/%s/%s#53\n", zone, text);
	}
}

void names_write(struct wr *w, const struct world *world, const struct world_host *resolver)
{
	char v4[ADDR_TEXT], v6[ADDR_TEXT];

	addr_write(resolver->v4, v4);
	addr_write(resolver->v6, v6);
	wr_format(w,
		  "no-resolv\nno-hosts\nno-poll\nlocal=/#/\nuser=root\npid-file=\nlog-facility=-\n"
		  "bind-interfaces\nexcept-interface=lo\nlocal-ttl=%d\n",
		  TTL_S);
	if (resolver->v4.family != 0)
		wr_format(w, "listen-address=%s\n", v4);
	if (resolver->v6.family != 0)
		wr_format(w, "listen-address=%s\n", v6);
	// First comes the name that the address leads back to.
	for (int i = 0; i < world->router_count; i++)
		own_record(w, world->routers[i].name, world->routers[i].v4, world->routers[i].v6);
	for (int i = 0; i < world->host_count; i++)
		own_record(w, world->hosts[i].name, world->hosts[i].v4, world->hosts[i].v6);
	services(w, world, world_host_country(world, resolver));
	reflectors(w, world);
}
