// SPDX-License-Identifier: Apache-2.0
#include "lab/show_io.h"

#include <stdlib.h>

#include "cli/grid.h"
#include "cli/json.h"
#include "lab/names.h"
#include "lab/path.h"

static double ms(int64_t ns)
{
	return (double)ns / NS_PER_MS;
}

static void hop_json(const struct path_hop *h, int ttl, struct json *j)
{
	json_object(j, NULL);
	json_int(j, "ttl", ttl);
	json_text(j, "name", h->name);
	json_addr(j, "addr", h->v4);
	json_addr(j, "addr6", h->v6);
	json_text(j, "country", h->country);
	json_int(j, "asn", h->asn);
	json_text(j, "as_name", h->as_name);
	json_text(j, "city", h->city);
	json_real(j, "latitude", h->lat, 4);
	json_real(j, "longitude", h->lon, 4);
	json_real(j, "delay_ms", ms(h->delay), 6);
	json_bool(j, "silent", h->silent);
	json_end_object(j);
}

struct show_case {
	const char *a, *b;
	int number, of; // alternative
};

static void path_json(const struct path *p, struct show_case c, FILE *to)
{
	struct json j = json_of(to);

	json_object(&j, NULL);
	json_text(&j, "a", c.a);
	json_text(&j, "b", c.b);
	json_int(&j, "alternative", c.number);
	json_int(&j, "alternatives", c.of);
	json_real(&j, "delay_ms", ms(p->hops[p->count - 1].delay), 6);
	json_array(&j, "hops");
	for (int i = 0; i < p->count; i++)
		hop_json(&p->hops[i], i + 1, &j);
	json_end_array(&j);
	json_end_object(&j);
}

static void address_put(struct grid *g, struct addr a)
{
	char text[ADDR_TEXT];

	addr_write(a, text);
	grid_put(g, text);
}

static enum err path_table(const struct path *p, struct show_case c, FILE *to)
{
	static const char *const headings[] = { "ttl",     "name",   "addr", "addr6",
						"country", "asn",    "as",   "delay_ms",
						"city",    "silent", NULL };
	struct grid *g = grid_new(headings);

	if (!g)
		return ERR_MEMORY;
	for (int i = 0; i < p->count; i++) {
		const struct path_hop *h = &p->hops[i];
		grid_putf(g, "%d", i + 1);
		grid_put(g, h->name);
		address_put(g, h->v4);
		address_put(g, h->v6);
		grid_put(g, h->country);
		grid_putf(g, "%u", h->asn);
		grid_put(g, h->as_name);
		grid_putf(g, "%.3f", ms(h->delay));
		grid_put(g, h->city);
		grid_put(g, h->silent ? "yes" : NULL);
	}
	fprintf(to, "%s%s to %s, path %d of %d, %.3f ms one way\n", c.number > 1 ? "\n" : "", c.a,
		c.b, c.number, c.of, ms(p->hops[p->count - 1].delay));
	grid_print(g, GRID_TABLE, to);
	grid_free(&g);
	return ERR_OK;
}

static enum err ends_find(const struct world *w, const char *const names[2],
			  const struct world_host *out[2], struct fault *f)
{
	for (int i = 0; i < 2; i++) {
		out[i] = world_host_find(w, names[i]);
		if (!out[i])
			return fault_set(f, ERR_MISSING, 0,
					 "no host %s in this world; see: waymark-lab hosts WORLD",
					 names[i]);
	}
	return ERR_OK;
}

enum err show_path(const struct world *w, const char *a, const char *b, bool json, FILE *to,
		   struct fault *f)
{
	const char *const names[2] = { a, b };
	const struct world_host *ends[2] = { w->hosts, w->hosts };
	enum err err = ends_find(w, names, ends, f);

	if (err != ERR_OK)
		return err;
	struct route *route = route_new(w);
	struct route_path *all = calloc(ROUTE_PATHS_MAX, sizeof(*all));
	struct path *path = calloc(1, sizeof(*path));
	if (route && all && path) {
		int count =
			route_paths(route, ends[0]->router, ends[1]->router, all, ROUTE_PATHS_MAX);
		for (int i = 0; i < count && err == ERR_OK; i++) {
			struct show_case c = { a, b, i + 1, count };
			path_list(w, ends[0], ends[1], &all[i], path);
			if (json)
				path_json(path, c, to);
			else
				err = path_table(path, c, to);
		}
	} else {
		err = fault_set(f, ERR_MEMORY, 0, "no memory for the paths");
	}
	free(path);
	free(all);
	route_free(&route);
	return err;
}

static void geo_row(const struct world *w, int router, struct addr a, struct grid *g)
{
	const struct world_router *r = &w->routers[router];

	if (!a.family)
		return;
	address_put(g, a);
	address_put(g, a);
	grid_put(g, r->country);
	grid_putf(g, "%u", w->as[r->as].number);
	grid_put(g, w->as[r->as].name);
	grid_putf(g, "%.4f", r->lat);
	grid_putf(g, "%.4f", r->lon);
}

static enum err grid_show(struct grid **g, FILE *to)
{
	grid_print(*g, GRID_CSV, to);
	grid_free(g);
	return ERR_OK;
}

static void geo_net(const struct world *w, const struct world_net *net, struct grid *g)
{
	const struct world_router *r = &w->routers[net->router];
	struct addr last = net->prefix.addr;

	for (int bit = net->prefix.bits; bit < addr_bits(last); bit++)
		last.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	address_put(g, net->prefix.addr);
	address_put(g, last);
	grid_put(g, r->country);
	grid_putf(g, "%u", w->as[r->as].number);
	grid_put(g, w->as[r->as].name);
	grid_putf(g, "%.4f", r->lat);
	grid_putf(g, "%.4f", r->lon);
}

// IPv4 first, then IPv6, so that each half can be loaded as it stands.
enum err show_geo(const struct world *w, FILE *to)
{
	static const char *const headings[] = { "first",   "last",     "country",   "asn",
						"as_name", "latitude", "longitude", NULL };
	struct grid *g = grid_new(headings);

	if (!g)
		return ERR_MEMORY;
	for (int family = 4; family <= 6; family += 2) {
		for (int i = 0; i < w->router_count; i++)
			geo_row(w, i, family == 4 ? w->routers[i].v4 : w->routers[i].v6, g);
		for (int i = 0; i < w->host_count; i++) {
			const struct world_host *h = &w->hosts[i];
			geo_row(w, h->router, family == 4 ? h->v4 : h->v6, g);
			geo_row(w, h->router, family == 4 ? h->lan_v4 : h->lan_v6, g);
		}
		for (int i = 0; i < w->net_count; i++)
			if (w->nets[i].prefix.addr.family == family)
				geo_net(w, &w->nets[i], g);
	}
	return grid_show(&g, to);
}

static void name_rows(struct grid *g, struct addr v4, struct addr v6, const char *host)
{
	char name[NAMES_NAME_MAX];

	names_host(host, name);
	address_put(g, v4);
	grid_put(g, name);
	address_put(g, v6);
	grid_put(g, name);
}

enum err show_names(const struct world *w, FILE *to)
{
	static const char *const headings[] = { "address", "name", NULL };
	struct grid *g = grid_new(headings);

	if (!g)
		return ERR_MEMORY;
	for (int i = 0; i < w->router_count; i++)
		name_rows(g, w->routers[i].v4, w->routers[i].v6, w->routers[i].name);
	for (int i = 0; i < w->host_count; i++) {
		const struct world_host *h = &w->hosts[i];
		name_rows(g, h->v4, h->v6, h->name);
		if (h->lan)
			name_rows(g, h->lan_v4, h->lan_v6, h->name);
	}
	for (int i = 0; i < w->crowd_count; i++)
		for (int k = 0; w->crowds[i].ptr && k < w->crowds[i].count; k++) {
			char name[WORLD_PTR_MAX];
			world_crowd_ptr(&w->crowds[i], k, name);
			address_put(g, world_crowd_addr(&w->crowds[i], k));
			grid_put(g, name);
		}
	return grid_show(&g, to);
}

enum err show_hosts(const struct world *w, FILE *to)
{
	static const char *const headings[] = { "name", "kind", "country", "v4",
						"v6",   "at",   "app",     NULL };
	struct grid *g = grid_new(headings);

	if (!g)
		return ERR_MEMORY;
	for (int i = 0; i < w->host_count; i++) {
		const struct world_host *h = &w->hosts[i];
		grid_put(g, h->name);
		grid_put(g, h->kind);
		grid_put(g, world_host_country(w, h));
		address_put(g, h->v4);
		address_put(g, h->v6);
		grid_put(g, h->gateway == WORLD_NONE ? w->routers[h->router].name
						     : w->hosts[h->gateway].name);
		grid_put(g, world_attr_find(h, "app"));
	}
	return grid_show(&g, to);
}
