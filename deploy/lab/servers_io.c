// SPDX-License-Identifier: Apache-2.0
#include "lab/servers_io.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/servers.h"
#include "lab/web.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/process.h"

#define PATH_SIZE  512
#define TOOL_NS    (20 * NS_PER_S)
#define ANCHOR_MAX 1024 // DS records of one zone

struct making {
	const struct apps_config *c;
	const struct world_host *h;
	char folder[PATH_SIZE / 2];
};

static bool is(const struct world_host *h, const char *kind)
{
	return strcmp(h->kind, kind) == 0;
}

bool servers_runs(const struct world_host *h)
{
	return is(h, "authority") || is(h, "web") ||
	       (is(h, "resolver") && world_attr_find(h, "software"));
}

static void path(const struct making *m, const char *file, char out[static PATH_SIZE])
{
	snprintf(out, PATH_SIZE, "%s/%s", m->folder, file);
}

static enum err save(const struct making *m, const char *file, const struct wr *w, struct fault *f)
{
	char name[PATH_SIZE];

	path(m, file, name);
	if (w->err != ERR_OK)
		return fault_set(f, ERR_FULL, 0, "%s: too many names for %s", m->h->name, file);
	return file_write(name, 0644, wr_span(w), f);
}

// --- authority -----------------------------------------------------------------------------------

static enum err keymgr(const struct making *m, const char *const *rest, char *out, size_t cap,
		       struct fault *f)
{
	char conf[PATH_SIZE];
	const char *argv[10] = { "keymgr", "-c", conf };
	struct process_config p = PROCESS_DEFAULT;

	path(m, "conf", conf);
	for (int i = 0; rest[i]; i++)
		argv[3 + i] = rest[i];
	p.argv = argv;
	return process_run(&p, mono_add(clock_mono(), TOOL_NS), out, cap, f);
}

static enum err sign(const struct making *m, const struct world_domain *d, struct wr *anchors,
		     struct fault *f)
{
	const char *const make[] = { d->name,   "generate", "algorithm=ecdsap256sha256",
				     "ksk=yes", "zsk=yes",  NULL };
	const char *const tell[] = { d->name, "ds", NULL };
	char out[ANCHOR_MAX];
	enum err err = keymgr(m, make, out, sizeof(out), f);

	if (err == ERR_OK)
		err = keymgr(m, tell, out, sizeof(out), f);
	if (err == ERR_OK)
		wr_text(anchors, out);
	return err;
}

static enum err zones(const struct making *m, struct wr *room, struct fault *f)
{
	const struct world *w = m->c->world;
	struct wr out = *room;

	servers_root_zone(&out, w);
	enum err err = save(m, "root.zone", &out, f);
	for (int i = 0; err == ERR_OK && i < w->domain_count; i++) {
		char file[32];
		if (!w->domains[i].dnssec)
			continue;
		out = *room;
		servers_signed_zone(&out, w, &w->domains[i]);
		snprintf(file, sizeof(file), "%d.zone", i);
		err = save(m, file, &out, f);
	}
	return err;
}

static enum err authority(const struct making *m, struct wr *room, struct fault *f)
{
	const struct world *w = m->c->world;
	char anchors[PATH_SIZE];
	struct wr out = *room;

	servers_knot_conf(&out, w, m->h, m->folder);
	enum err err = save(m, "conf", &out, f);
	if (err == ERR_OK)
		err = zones(m, room, f);
	out = *room;
	for (int i = 0; err == ERR_OK && i < w->domain_count; i++)
		if (w->domains[i].dnssec)
			err = sign(m, &w->domains[i], &out, f);
	snprintf(anchors, sizeof(anchors), "%s/anchors", m->c->run_dir);
	return err == ERR_OK ? file_write(anchors, 0644, wr_span(&out), f) : err;
}

// --- the others ----------------------------------------------------------------------------------

static enum err resolver(const struct making *m, struct wr *room, struct fault *f)
{
	const struct world_host *root = servers_authority(m->c->world);
	char anchors[PATH_SIZE], addr[ADDR_TEXT] = "";
	struct servers_place at = { .folder = m->folder, .anchors = anchors };
	struct wr out = *room;

	snprintf(anchors, sizeof(anchors), "%s/anchors", m->c->run_dir);
	enum err err = servers_resolver_conf(&out, m->c->world, m->h, at, f);
	if (err == ERR_OK)
		err = save(m, "conf", &out, f);
	if (err != ERR_OK || !root)
		return err;
	out = *room;
	addr_write(root->v4, addr);
	wr_format(&out, ". 3600 NS ns.auth.lab.example.\nns.auth.lab.example. 3600 A %s\n", addr);
	return save(m, "root.hints", &out, f);
}

static enum err certificate(const struct making *m, struct certs *certs, int number,
			    struct fault *f)
{
	const struct world_domain *d = &m->c->world->domains[number];
	char file[32], cert[PATH_SIZE], key[PATH_SIZE], names[600];

	snprintf(file, sizeof(file), "%d.pem", number);
	path(m, file, cert);
	snprintf(file, sizeof(file), "%d.key", number);
	path(m, file, key);
	if (d->tls == SITE_WRONG)
		snprintf(names, sizeof(names), "hosting-%d.lab.example", number);
	else
		snprintf(names, sizeof(names), "%s,*.%s", d->name, d->name);
	return certs_issue_as(certs, web_certificate(d), names, cert, key, f);
}

static enum err web(const struct making *m, struct certs *certs, struct wr *room, struct fault *f)
{
	const struct world *w = m->c->world;
	int host = (int)(m->h - w->hosts);
	struct wr out = *room;
	enum err err = ERR_OK;

	for (int i = 0; err == ERR_OK && i < w->domain_count; i++)
		if (web_serves(w, host, &w->domains[i]) && w->domains[i].tls != SITE_NONE)
			err = certificate(m, certs, i, f);
	web_write(&out, w, host, m->folder);
	return err == ERR_OK ? save(m, "conf", &out, f) : err;
}

enum err servers_make(const struct apps_config *c, struct certs *certs, const struct world_host *h,
		      struct fault *f)
{
	struct making m = { .c = c, .h = h };
	void *memory = malloc(SERVERS_CONF_MAX);
	struct wr room = wr_of(memory, SERVERS_CONF_MAX);
	enum err err;

	if (!memory)
		return fault_set(f, ERR_MEMORY, 0, "lab: no memory for a server's files");
	snprintf(m.folder, sizeof(m.folder), "%.200s/%s.d", c->run_dir, h->name);
	err = dir_make(m.folder, 0755, f);
	if (err == ERR_OK)
		err = is(h, "authority") ? authority(&m, &room, f)
		      : is(h, "web")     ? web(&m, certs, &room, f)
					 : resolver(&m, &room, f);
	free(memory);
	return err;
}
