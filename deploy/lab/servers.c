// SPDX-License-Identifier: Apache-2.0
#include "lab/servers.h"

#include <string.h>

#include "base/text.h"
#include "lab/names.h"

#define NS_ROOT  "ns.auth.lab.example"
#define NS_CROWD "ns.crowd.lab.example"

const struct world_host *servers_authority(const struct world *w)
{
	for (int i = 0; i < w->host_count; i++)
		if (strcmp(w->hosts[i].kind, "authority") == 0)
			return &w->hosts[i];
	return NULL;
}

// Family 0 without an authority.
static struct addr root_addr(const struct world *w, int family)
{
	const struct world_host *h = servers_authority(w);

	return h ? (family == 6 ? h->v6 : h->v4) : (struct addr){ .family = 0 };
}

// --- zones ---------------------------------------------------------------------------------------

static void record(struct wr *out, const char *name, struct addr a)
{
	char text[ADDR_TEXT];

	if (!a.family || !name[0])
		return;
	addr_write(a, text);
	wr_format(out, "%s. %s %s\n", name, a.family == 6 ? "AAAA" : "A", text);
}

static void reverse(struct wr *out, struct addr a, const char *name)
{
	if (!a.family || !name[0])
		return;
	if (a.family == 4)
		wr_format(out, "%u.%u.%u.%u.in-addr.arpa", a.bytes[3], a.bytes[2], a.bytes[1],
			  a.bytes[0]);
	for (int i = 15; a.family == 6 && i >= 0; i--)
		wr_format(out, "%x.%x.", a.bytes[i] & 15u, a.bytes[i] >> 4);
	wr_format(out, "%s. PTR %s.\n", a.family == 6 ? "ip6.arpa" : "", name);
}

static void place(struct wr *out, const char *host, struct addr v4, struct addr v6)
{
	char name[NAMES_NAME_MAX];

	names_host(host, name);
	record(out, name, v4);
	record(out, name, v6);
	reverse(out, v4, name);
	reverse(out, v6, name);
}

static void crowd(struct wr *out, const struct world_crowd *c)
{
	for (int i = 0; i < c->count; i++) {
		char name[WORLD_PTR_MAX];
		world_crowd_ptr(c, i, name);
		reverse(out, world_crowd_addr(c, i), name);
		if (!c->unconfirmed)
			record(out, name, world_crowd_addr(c, i));
		if (c->does == DOES_AUTHORITY && i == 0)
			record(out, NS_CROWD, world_crowd_addr(c, i));
	}
}

static void domain(struct wr *out, const struct world_domain *d)
{
	if (d->whoami || d->pool4.addr.family || d->pool6.addr.family) {
		wr_format(out, "%s. NS " NS_CROWD ".\n", d->name);
		return;
	}
	if (d->dnssec) {
		wr_format(out, "%s. NS " NS_ROOT ".\n", d->name);
		return;
	}
	char star[WORLD_PTR_MAX];
	struct wr w = wr_of(star, sizeof(star) - 1);
	wr_format(&w, "*.%s", d->name);
	star[w.len] = '\0';
	record(out, d->name, d->v4);
	record(out, d->name, d->v6);
	record(out, star, d->v4);
	record(out, star, d->v6);
}

static void head(struct wr *out, const char *zone)
{
	wr_format(out,
		  "$TTL 300\n%s. SOA " NS_ROOT ". hostmaster.lab.example. 1 7200 900 86400 60\n"
		  "%s. NS " NS_ROOT ".\n",
		  zone, zone);
}

void servers_root_zone(struct wr *out, const struct world *w)
{
	head(out, "");
	record(out, NS_ROOT, root_addr(w, 4));
	record(out, NS_ROOT, root_addr(w, 6));
	for (int i = 0; i < w->router_count; i++)
		place(out, w->routers[i].name, w->routers[i].v4, w->routers[i].v6);
	for (int i = 0; i < w->host_count; i++)
		place(out, w->hosts[i].name, w->hosts[i].v4, w->hosts[i].v6);
	for (int i = 0; i < w->crowd_count; i++)
		crowd(out, &w->crowds[i]);
	for (int i = 0; i < w->domain_count; i++)
		domain(out, &w->domains[i]);
}

void servers_signed_zone(struct wr *out, const struct world *w, const struct world_domain *d)
{
	(void)w;
	head(out, d->name);
	record(out, d->name, d->v4);
	record(out, d->name, d->v6);
}

// --- configurations ------------------------------------------------------------------------------

static void address(struct wr *out, struct addr a, const char *before, const char *after)
{
	char text[ADDR_TEXT];

	if (!a.family)
		return;
	addr_write(a, text);
	wr_format(out, "%s%s%s", before, text, after);
}

void servers_knot_conf(struct wr *out, const struct world *w, const struct world_host *h,
		       const char *folder)
{
	wr_format(out, "server:\n  rundir: \"%s\"\n", folder);
	address(out, h->v4, "  listen: ", "@53\n");
	address(out, h->v6, "  listen: ", "@53\n");
	wr_format(out, "log:\n  - target: stderr\n    any: warning\ndatabase:\n  storage: \"%s\"\n",
		  folder);
	wr_text(out, "policy:\n  - id: lab\n    algorithm: ecdsap256sha256\n"
		     "    single-type-signing: on\n");
	wr_format(out,
		  "template:\n  - id: default\n    storage: \"%s\"\n    zonefile-sync: -1\n"
		  "    zonefile-load: whole\n    journal-content: none\n    semantic-checks: off\n",
		  folder);
	wr_text(out, "zone:\n  - domain: .\n    file: root.zone\n");
	for (int i = 0; i < w->domain_count; i++)
		if (w->domains[i].dnssec)
			wr_format(out,
				  "  - domain: %s\n    file: %d.zone\n    dnssec-signing: on\n"
				  "    dnssec-policy: lab\n",
				  w->domains[i].name, i);
}

// What a resolver's lie= is to its software: of unbound a type of local zone, of Knot Resolver an
// action. False addresses are those of to=. NULL: it cannot.
static const struct {
	const char *lie, *unbound, *knot;
	bool dnsmasq, told;
} lies[] = {
	{ "nxdomain", "always_nxdomain", "policy.DENY", true, false },
	{ "refused", "always_refuse", "policy.REFUSE", false, false },
	{ "servfail", NULL, "policy.DROP", false, false },
	{ "silence", "always_deny", NULL, false, false },
	{ "empty", "always_nodata", NULL, false, false },
	{ "page", "redirect", NULL, true, true },
	{ "bogon", "redirect", NULL, true, true },
};

// Which of them H tells; COUNT(lies): none.
static size_t lie_of(const struct world_host *h)
{
	const char *lie = world_attr_find(h, "lie");
	size_t i = 0;

	while (i < COUNT(lies) && (!lie || strcmp(lies[i].lie, lie) != 0))
		i++;
	return i;
}

static bool can_lie(const struct world_host *h, const char *software)
{
	size_t i = lie_of(h);
	bool told = world_attr_find(h, "to") != NULL;

	if (!world_attr_find(h, "lie"))
		return !world_attr_find(h, "list") && !told;
	if (i == COUNT(lies) || !world_attr_find(h, "list") || told != lies[i].told)
		return false;
	return strcmp(software, "unbound") == 0   ? lies[i].unbound != NULL
	       : strcmp(software, "dnsmasq") == 0 ? lies[i].dnsmasq
						  : lies[i].knot != NULL;
}

// One line for each name that H lies about.
typedef void lie_fn(struct wr *out, size_t lie, const char *name, const char *to);

static void lie_about(struct wr *out, const struct world *w, const struct world_host *h, lie_fn *fn)
{
	const char *list = world_attr_find(h, "list"), *to = world_attr_find(h, "to");
	size_t lie = lie_of(h);

	for (int i = 0; list && lie < COUNT(lies) && i < w->domain_count; i++)
		if (world_domain_listed(&w->domains[i], list))
			fn(out, lie, w->domains[i].name, to ? to : "");
}

static void unbound_lie(struct wr *out, size_t lie, const char *name, const char *to)
{
	wr_format(out, "  local-zone: \"%s.\" %s\n", name, lies[lie].unbound);
	if (lies[lie].told)
		wr_format(out, "  local-data: \"%s. A %s\"\n", name, to);
}

static void knot_lie(struct wr *out, size_t lie, const char *name, const char *to)
{
	(void)to;
	wr_format(out, "policy.add(policy.suffix(%s, policy.todnames({'%s'})))\n", lies[lie].knot,
		  name);
}

static void dnsmasq_lie(struct wr *out, size_t lie, const char *name, const char *to)
{
	(void)lie;
	wr_format(out, "address=/%s/%s\nlocal=/%s/\n", name, to, name); // nor any other type
}

static void unbound(struct wr *out, const struct world *w, const struct world_host *h,
		    struct servers_place at)
{
	wr_text(out,
		"server:\n  do-daemonize: no\n  use-syslog: no\n  logfile: \"\"\n  username: \"\"\n"
		"  chroot: \"\"\n  verbosity: 0\n  num-threads: 1\n  access-control: 0.0.0.0/0 "
		"allow\n  access-control: ::/0 allow\n  module-config: \"validator iterator\"\n"
		"  ede: yes\n  so-rcvbuf: 4m\n  jostle-timeout: 5000\n"
		"  local-zone: \"8.b.d.0.1.0.0.2.ip6.arpa.\" nodefault\n");
	wr_format(out,
		  "  directory: \"%s\"\n  pidfile: \"%s/pid\"\n  root-hints: \"%s/root.hints\"\n"
		  "  trust-anchor-file: \"%s\"\n",
		  at.folder, at.folder, at.folder, at.anchors);
	address(out, h->v4, "  interface: ", "\n");
	address(out, h->v6, "  interface: ", "\n");
	// Past its rate it says nothing at all.
	const char *rate = world_attr_find(h, "rate");
	if (rate)
		wr_format(out, "  ip-ratelimit: %s\n  ip-ratelimit-factor: 0\n", rate);
	lie_about(out, w, h, unbound_lie);
	wr_text(out, "remote-control:\n  control-enable: no\n");
}

static void knot_resolver(struct wr *out, const struct world *w, const struct world_host *h)
{
	address(out, h->v4, "net.listen('", "', 53, { kind = 'dns' })\n");
	address(out, h->v6, "net.listen('", "', 53, { kind = 'dns' })\n");
	wr_text(out, "trust_anchors.remove('.')\nmodules.unload('ta_update')\n"
		     "modules.unload('ta_signal_query')\nmodules.unload('priming')\n"
		     "modules.unload('detect_time_skew')\ncache.size = 10 * MB\n");
	wr_text(out, "modules.load('hints > iterate')\nhints.root({ ['" NS_ROOT ".'] = { ");
	address(out, root_addr(w, 4), "'", "'");
	address(out, root_addr(w, 6), ", '", "'");
	wr_text(out, " } })\n");
	lie_about(out, w, h, knot_lie);
}

static enum err dnsmasq(struct wr *out, const struct world *w, const struct world_host *h,
			struct fault *f)
{
	const char *name = world_attr_find(h, "upstream");
	const struct world_host *up = name ? world_host_find(w, name) : NULL;

	if (!up)
		return fault_set(f, ERR_USAGE, 0,
				 "line %d: %s: dnsmasq needs upstream=, a resolver's host", h->line,
				 h->name);
	wr_text(out, "no-resolv\nno-hosts\nno-poll\nuser=root\npid-file=\nlog-facility=-\n"
		     "bind-interfaces\nexcept-interface=lo\ndns-forward-max=2000\n");
	address(out, up->v4, "server=", "\n");
	address(out, h->v4, "listen-address=", "\n");
	address(out, h->v6, "listen-address=", "\n");
	lie_about(out, w, h, dnsmasq_lie);
	return ERR_OK;
}

enum err servers_resolver_conf(struct wr *out, const struct world *w, const struct world_host *h,
			       struct servers_place at, struct fault *f)
{
	const char *software = world_attr_find(h, "software");

	if (!can_lie(h, software) ||
	    (world_attr_find(h, "rate") && strcmp(software, "unbound") != 0))
		return fault_set(f, ERR_USAGE, 0,
				 "line %d: %s: %s cannot do what lie=, list=, to= and rate= say",
				 h->line, h->name, software);
	if (strcmp(software, "dnsmasq") == 0)
		return dnsmasq(out, w, h, f);
	if (!servers_authority(w))
		return fault_set(f, ERR_USAGE, 0, "line %d: %s needs a host of kind=authority",
				 h->line, h->name);
	if (strcmp(software, "unbound") == 0)
		unbound(out, w, h, at);
	else if (strcmp(software, "knot-resolver") == 0)
		knot_resolver(out, w, h);
	else
		return fault_set(f, ERR_USAGE, 0,
				 "line %d: software=%s is none of: unbound knot-resolver dnsmasq",
				 h->line, software);
	return ERR_OK;
}
