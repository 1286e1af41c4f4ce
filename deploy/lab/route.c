// SPDX-License-Identifier: Apache-2.0
#include "lab/route.h"

#include <stdlib.h>

#include "base/heap.h"

#define FAR        (INT64_MAX / 4)
#define LINKS_EACH 64 // links of one router that are looked at

struct route {
	const struct world *w;
	int64_t *metric; // [to * routers + from]
	struct route_hop (*near)[LINKS_EACH];
	int *near_count;
};

void route_free(struct route **r)
{
	if (!*r)
		return;
	free((*r)->metric);
	free((*r)->near);
	free((*r)->near_count);
	free(*r);
	*r = NULL;
}

static int64_t *metric_at(const struct route *r, int from, int to)
{
	return &r->metric[(size_t)to * (size_t)r->w->router_count + (size_t)from];
}

static void near_put(struct route *r, int from, int to, int link)
{
	if (r->near_count[from] < LINKS_EACH)
		r->near[from][r->near_count[from]++] = (struct route_hop){ link, to };
}

// Dijkstra from TO; links cost the same both ways. Stale heap entries find nothing to improve.
static enum err spread(struct route *r, struct heap *frontier, int to)
{
	struct heap_item item;

	for (int i = 0; i < r->w->router_count; i++)
		*metric_at(r, i, to) = i == to ? 0 : FAR;
	enum err err = heap_put(frontier, (struct mono){ 0 }, (uint64_t)to);
	while (err == ERR_OK && heap_take(frontier, MONO_NEVER, &item)) {
		int at = (int)item.id;
		for (int i = 0; i < r->near_count[at]; i++) {
			struct route_hop hop = r->near[at][i];
			int64_t metric = *metric_at(r, at, to) + r->w->links[hop.link].metric;
			if (metric >= *metric_at(r, hop.router, to))
				continue;
			*metric_at(r, hop.router, to) = metric;
			err = heap_put(frontier, (struct mono){ metric }, (uint64_t)hop.router);
			if (err != ERR_OK)
				return err;
		}
	}
	return err;
}

struct route *route_new(const struct world *w)
{
	struct route *r = calloc(1, sizeof(*r));
	size_t n = (size_t)w->router_count;
	struct heap frontier;
	enum err err = ERR_OK;

	heap_init(&frontier, SIZE_MAX / 64);
	if (!r)
		return NULL;
	r->w = w;
	r->metric = calloc(n * n, sizeof(*r->metric));
	r->near = calloc(n, sizeof(*r->near));
	r->near_count = calloc(n, sizeof(*r->near_count));
	if (!r->metric || !r->near || !r->near_count)
		err = ERR_MEMORY;
	for (int i = 0; err == ERR_OK && i < w->link_count; i++) {
		near_put(r, w->links[i].a, w->links[i].b, i);
		near_put(r, w->links[i].b, w->links[i].a, i);
	}
	for (int to = 0; err == ERR_OK && to < w->router_count; to++)
		err = spread(r, &frontier, to);
	heap_wipe(&frontier);
	if (err != ERR_OK)
		route_free(&r);
	return r;
}

int route_next(const struct route *r, int from, int to, struct route_hop out[ROUTE_EQUAL_MAX])
{
	int count = 0;

	if (*metric_at(r, from, to) >= FAR)
		return 0;
	for (int i = 0; i < r->near_count[from] && count < ROUTE_EQUAL_MAX; i++) {
		struct route_hop hop = r->near[from][i];
		int64_t metric = r->w->links[hop.link].metric + *metric_at(r, hop.router, to);
		if (metric == *metric_at(r, from, to))
			out[count++] = hop;
	}
	return count;
}

// Next hops with parallel links folded, for listing.
static int fork_next(const struct route *r, int from, int to, struct route_hop out[ROUTE_EQUAL_MAX])
{
	struct route_hop all[ROUTE_EQUAL_MAX];
	int count = 0, found = route_next(r, from, to, all);

	for (int i = 0; i < found; i++) {
		bool known = false;
		for (int k = 0; k < count; k++)
			known |= out[k].router == all[i].router;
		if (!known)
			out[count++] = all[i];
	}
	return count;
}

// Depth first, with the choice taken at each depth in CHOICE instead of on the C stack.
int route_paths(const struct route *r, int from, int to, struct route_path *out, int max)
{
	struct route_path path = { .routers = { from }, .count = 1 };
	int choice[ROUTE_HOPS_MAX] = { 0 };
	int found = 0;

	while (path.count > 0 && found < max) {
		struct route_hop hops[ROUTE_EQUAL_MAX];
		int last = path.count - 1;
		int at = path.routers[last];
		int count = at == to ? 0 : fork_next(r, at, to, hops);
		if (at == to)
			out[found++] = path;
		if (choice[last] >= count) {
			path.count--;
			continue;
		}
		struct route_hop hop = hops[choice[last]++];
		path.routers[path.count] = hop.router;
		path.links[path.count] = hop.link;
		choice[path.count++] = 0;
	}
	return found;
}

int64_t route_delay(const struct world *w, const struct route_path *p, int last)
{
	int64_t ns = 0;

	for (int i = 1; i <= last && i < p->count; i++)
		ns += w->links[p->links[i]].delay;
	return ns;
}
