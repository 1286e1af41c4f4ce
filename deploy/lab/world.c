// SPDX-License-Identifier: Apache-2.0
#include "lab/world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "base/text.h"

void world_free(struct world **w)
{
	if (!*w)
		return;
	arena_wipe(&(*w)->text);
	table_free(&(*w)->domain_table);
	free(*w);
	*w = NULL;
}

const struct world_host *world_host_find(const struct world *w, const char *name)
{
	for (int i = 0; i < w->host_count; i++)
		if (strcmp(w->hosts[i].name, name) == 0)
			return &w->hosts[i];
	return NULL;
}

int world_router_find(const struct world *w, struct span name)
{
	for (int i = 0; i < w->router_count; i++)
		if (text_is(name, w->routers[i].name))
			return i;
	return WORLD_NONE;
}

const char *world_attr_find(const struct world_host *h, const char *key)
{
	for (int i = 0; i < h->attr_count; i++)
		if (strcmp(h->attrs[i].key, key) == 0)
			return h->attrs[i].value;
	return NULL;
}

struct span world_attr_item(const struct world_host *h, const char *key, int k)
{
	const char *value = world_attr_find(h, key);
	struct span rest = value ? span_text(value) : span_of(NULL, 0);
	struct span item = span_of(NULL, 0);

	for (int i = 0; i <= k; i++) {
		if (!rest.at)
			return span_of(NULL, 0);
		item = text_trim(text_cut(&rest, ','));
	}
	return item;
}

const char *world_host_country(const struct world *w, const struct world_host *h)
{
	return w->routers[h->router].country;
}

// A router answers for its /24 and /48: an unused address there is a missing host, not a missing
// network.
static bool same_net(struct addr net, struct addr a)
{
	return net.family == a.family && memcmp(net.bytes, a.bytes, a.family == 4 ? 3 : 6) == 0;
}

struct world_place world_place_find(const struct world *w, struct addr a)
{
	struct world_place place = { .router = WORLD_NONE, .host = WORLD_NONE, .self = false };

	for (int i = 0; i < w->host_count; i++) {
		const struct world_host *h = &w->hosts[i];
		if (addr_eq(h->v4, a) || addr_eq(h->v6, a) ||
		    (h->lan && (addr_eq(h->lan_v4, a) || addr_eq(h->lan_v6, a)))) {
			place.host = h->gateway == WORLD_NONE ? i : h->gateway;
			place.router = h->router;
			return place;
		}
	}
	const struct world_net *net = world_net_find(w, a);
	if (net) {
		place.host = net->host;
		place.router = net->router;
		return place;
	}
	for (int i = 0; i < w->router_count; i++) {
		const struct world_router *r = &w->routers[i];
		if (!same_net(r->v4, a) && !same_net(r->v6, a))
			continue;
		place.router = i;
		place.self = addr_eq(r->v4, a) || addr_eq(r->v6, a);
		if (place.self)
			return place;
	}
	return place;
}

double world_distance(double lat1, double lon1, double lat2, double lon2)
{
	const double degree = 3.14159265358979323846 / 180, radius = 6371.0088;
	double up = sin((lat2 - lat1) * degree / 2), over = sin((lon2 - lon1) * degree / 2);
	double h = up * up + cos(lat1 * degree) * cos(lat2 * degree) * over * over;

	return 2 * radius * asin(sqrt(fmin(1, h)));
}
