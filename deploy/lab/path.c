// SPDX-License-Identifier: Apache-2.0
#include "lab/path.h"

static struct path_hop router_hop(const struct world *w, int router, int64_t delay)
{
	const struct world_router *r = &w->routers[router];

	return (struct path_hop){ .name = r->name,
				  .country = r->country,
				  .city = r->city,
				  .as_name = w->as[r->as].name,
				  .asn = w->as[r->as].number,
				  .v4 = r->v4,
				  .v6 = r->v6,
				  .lat = r->lat,
				  .lon = r->lon,
				  .silent = r->silent,
				  .delay = delay };
}

static struct path_hop host_hop(const struct world *w, const struct world_host *h, int64_t delay)
{
	struct path_hop hop = router_hop(w, h->router, delay);

	hop.name = h->name;
	hop.v4 = h->v4;
	hop.v6 = h->v6;
	hop.silent = false;
	return hop;
}

void path_list(const struct world *w, const struct world_host *a, const struct world_host *b,
	       const struct route_path *over, struct path *out)
{
	const struct world_host *from = a->gateway == WORLD_NONE ? a : &w->hosts[a->gateway];
	const struct world_host *to = b->gateway == WORLD_NONE ? b : &w->hosts[b->gateway];
	int64_t far;

	out->count = 0;
	if (from != a) {
		struct path_hop hop = host_hop(w, from, 0);
		hop.v4 = from->lan_v4;
		hop.v6 = from->lan_v6;
		out->hops[out->count++] = hop;
	}
	for (int i = 0; i < over->count && from != to; i++)
		out->hops[out->count++] =
			router_hop(w, over->routers[i], from->delay + route_delay(w, over, i));
	far = from == to ? 0 : from->delay + route_delay(w, over, over->count - 1) + to->delay;
	if (to != b && from != to)
		out->hops[out->count++] = host_hop(w, to, far);
	out->hops[out->count++] = host_hop(w, b, far);
}
