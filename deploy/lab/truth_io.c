// SPDX-License-Identifier: Apache-2.0
#include "lab/truth_io.h"

#include <stdlib.h>
#include <string.h>

#include "lab/inject.h"
#include "lab/names.h"
#include "lab/route.h"
#include "wire/dns.h"

// One resolver: a member of a crowd, or a real server in a host.
struct resolver {
	const struct world_crowd *crowd; // NULL: a host
	const struct world_host *host;
	int member;
	struct addr addr;
	int router;
};

typedef void resolver_fn(const struct resolver *r, void *self);

static bool asked(const struct world_crowd *c)
{
	return c->does != DOES_AUTHORITY;
}

static void each_resolver(const struct world *w, resolver_fn *fn, void *self)
{
	for (int i = 0; i < w->host_count; i++) {
		const struct world_host *h = &w->hosts[i];
		struct resolver r = { .host = h, .addr = h->v4, .router = h->router };
		if (strcmp(h->kind, "resolver") == 0 && world_attr_find(h, "software"))
			fn(&r, self);
	}
	for (int i = 0; i < w->crowd_count; i++) {
		const struct world_crowd *c = &w->crowds[i];
		for (int k = 0; asked(c) && k < c->count; k++) {
			struct resolver r = { .crowd = c,
					      .member = k,
					      .addr = world_crowd_addr(c, k),
					      .router = w->nets[c->net].router };
			fn(&r, self);
		}
	}
}

static const char *attr_of(const struct resolver *r, const char *key, const char *none)
{
	const char *value = world_attr_find(r->host, key);

	return value ? value : none;
}

static const char *does_of(const struct resolver *r)
{
	if (r->crowd)
		return world_does_name(r->crowd->does);
	return world_attr_find(r->host, "upstream") ? world_does_name(DOES_FORWARDER) : "recursive";
}

struct sheet {
	const struct world *w;
	FILE *to;
};

static void resolver_row(const struct resolver *r, void *self)
{
	const struct sheet *s = self;
	const struct world_router *at = &s->w->routers[r->router];
	char addr[ADDR_TEXT], egress[ADDR_TEXT], ptr[WORLD_PTR_MAX];
	const struct world_crowd *c = r->crowd;

	const char *up = c ? NULL : world_attr_find(r->host, "upstream");
	const struct world_host *upstream = up ? world_host_find(s->w, up) : NULL;

	addr_write(r->addr, addr);
	addr_write(c          ? world_crowd_egress(s->w, c, r->member)
		   : upstream ? upstream->v4
			      : r->addr,
		   egress);
	if (c)
		world_crowd_ptr(c, r->member, ptr);
	else
		names_host(r->host->name, ptr);
	fprintf(s->to, "%s,%s,%s,%s,%u,%s,%s,%s,%g,%s,%s,%s\n", addr, c ? c->name : r->host->name,
		does_of(r), at->country, s->w->as[at->as].number, egress, ptr,
		c && c->unconfirmed ? "no" : "yes", c ? c->rate : atof(attr_of(r, "rate", "0")),
		c ? world_lie_name(c->lie) : attr_of(r, "lie", "none"),
		c ? (c->list ? c->list : "") : attr_of(r, "list", ""),
		c ? "crowd" : world_attr_find(r->host, "software"));
}

enum err truth_resolvers(const struct world *w, FILE *to, struct fault *f)
{
	struct sheet s = { w, to };

	(void)f;
	fputs("address,name,does,country,asn,egress,ptr,confirmed,rate,lie,list,software\n", to);
	each_resolver(w, resolver_row, &s);
	return ERR_OK;
}

static const char *kind_of(const struct world_domain *d)
{
	bool pool = d->pool4.addr.family || d->pool6.addr.family;

	return d->whoami ? "whoami" : pool ? "cdn" : "site";
}

enum err truth_domains(const struct world *w, FILE *to, struct fault *f)
{
	(void)f;
	fputs("domain,kind,tls,signed,lists,v4,v6\n", to);
	for (int i = 0; i < w->domain_count; i++) {
		const struct world_domain *d = &w->domains[i];
		char v4[ADDR_TEXT] = "", v6[ADDR_TEXT] = "";
		if (d->v4.family)
			addr_write(d->v4, v4);
		if (d->v6.family)
			addr_write(d->v6, v6);
		fprintf(to, "%s,%s,%s,%s,\"%s\",%s,%s\n", d->name, kind_of(d),
			world_tls_name(d->tls), d->dnssec ? "yes" : "no", d->lists, v4, v6);
	}
	return ERR_OK;
}

// --- pairs ---------------------------------------------------------------------------------------

// Which injectors stand on the ways from one host to a router: on some, on all.
struct watched {
	bool known;
	int ways, on[WORLD_INJECTORS_MAX];
};

struct pairs {
	struct sheet sheet;
	const struct world_host *from;
	const char *type;
	uint16_t number;
	struct route *route;
	struct route_path *paths;
	struct watched watched[WORLD_ROUTERS_MAX];
};

static bool passes(const struct route_path *p, int router)
{
	for (int i = 0; i < p->count; i++)
		if (p->routers[i] == router)
			return true;
	return false;
}

static const struct watched *watched_of(struct pairs *p, int router)
{
	struct watched *out = &p->watched[router];

	if (out->known)
		return out;
	out->known = true;
	out->ways = route_paths(p->route, p->from->router, router, p->paths, ROUTE_PATHS_MAX);
	for (int i = 0; i < out->ways; i++)
		for (int k = 0; k < p->sheet.w->injector_count; k++)
			out->on[k] += passes(&p->paths[i], p->sheet.w->injectors[k].router);
	return out;
}

static const char *lie_of(const struct world *w, const struct resolver *r,
			  const struct world_domain *d)
{
	const struct world_crowd *liar;

	if (!r->crowd) {
		const char *list = world_attr_find(r->host, "list");
		const char *lie = world_attr_find(r->host, "lie");
		return list && lie && world_domain_listed(d, list) ? lie : "honest";
	}
	if (r->crowd->does == DOES_NOBODY)
		return "nobody";
	liar = world_crowd_liar(w, r->crowd, d);
	return liar ? world_lie_name(liar->lie) : "honest";
}

static void pair_row(struct pairs *p, const struct resolver *r, const char *addr,
		     const struct world_domain *d)
{
	const struct world *w = p->sheet.w;
	const struct watched *watched = watched_of(p, r->router);
	const char *injected = "", *ways = "";

	for (int k = 0; k < w->injector_count; k++) {
		if (!watched->on[k] || !inject_minds(w, &w->injectors[k], d->name, p->number))
			continue;
		injected = w->injectors[k].second ? "second" : "first";
		ways = watched->on[k] == watched->ways ? "all" : "some";
	}
	fprintf(p->sheet.to, "%s,%s,%s,%s,%s,%s,%s,%s\n", addr, d->name, p->type, does_of(r),
		lie_of(w, r, d), kind_of(d), injected, ways);
}

static void resolver_pairs(const struct resolver *r, void *self)
{
	struct pairs *p = self;
	char addr[ADDR_TEXT];

	addr_write(r->addr, addr);
	for (int i = 0; i < p->sheet.w->domain_count; i++)
		if (!p->sheet.w->domains[i].whoami)
			pair_row(p, r, addr, &p->sheet.w->domains[i]);
}

enum err truth_pairs(const struct world *w, const struct world_host *from, uint16_t type, FILE *to,
		     struct fault *f)
{
	struct pairs *p = calloc(1, sizeof(*p));
	enum err err = ERR_OK;

	if (!p)
		return fault_set(f, ERR_MEMORY, 0, "no memory for the pairs");
	p->sheet = (struct sheet){ w, to };
	p->from = from;
	p->number = type;
	p->type = dns_type_name(type);
	p->route = route_new(w);
	p->paths = calloc(ROUTE_PATHS_MAX, sizeof(*p->paths));
	if (p->route && p->paths) {
		fputs("resolver,domain,type,does,truth,kind,injected,paths\n", to);
		each_resolver(w, resolver_pairs, p);
	} else {
		err = fault_set(f, ERR_MEMORY, 0, "no memory for the paths");
	}
	route_free(&p->route);
	free(p->paths);
	free(p);
	return err;
}
