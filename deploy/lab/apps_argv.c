// SPDX-License-Identifier: Apache-2.0
//
// From a host's attributes to the command line of its program.
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "lab/app_serve.h"
#include "lab/apps.h"

#define WORDS_MAX 120
#define WORD_MAX  1200

struct words {
	const char **at;
	size_t count;
	struct arena *text;
	bool full;
};

PRINTF(2, 3) static void put(struct words *w, const char *format, ...)
{
	char word[WORD_MAX];
	va_list args;

	va_start(args, format);
	int len = vsnprintf(word, sizeof(word), format, args);
	va_end(args);
	const char *copy = len > 0 && (size_t)len < sizeof(word)
				   ? arena_text(w->text, span_of(word, (size_t)len))
				   : NULL;
	if (copy == NULL || w->count == WORDS_MAX - 1) {
		w->full = true;
		return;
	}
	w->at[w->count++] = copy;
}

static bool is(const struct world_host *h, const char *kind)
{
	return strcmp(h->kind, kind) == 0;
}

static uint16_t port_of(const struct world_host *h)
{
	const char *text = world_attr_find(h, "port");
	uint64_t port = 0;

	if (text == NULL)
		return serve_port(world_attr_find(h, "app"));
	return text_u64(span_text(text), 1, 65535, &port) == ERR_OK ? (uint16_t)port : 0;
}

static enum err server_check(const struct world_host *h, struct fault *f)
{
	if (world_attr_find(h, "app") == NULL || world_attr_item(h, "names", 0).len == 0)
		return fault_set(f, ERR_USAGE, 0,
				 "line %d: server %s needs app= and names=", h->line, h->name);
	if (port_of(h) == 0)
		return fault_set(f, ERR_USAGE, 0, "line %d: server %s: port= needs 1..65535",
				 h->line, h->name);
	return ERR_OK;
}

static void put_peers(struct words *w, const struct world *world, const struct world_host *h)
{
	const char *app = world_attr_find(h, "app");

	for (int i = 0; i < world->host_count; i++) {
		const struct world_host *other = &world->hosts[i];
		const char *its = world_attr_find(other, "app");
		char addr[ADDR_TEXT];
		if (other == h || !is(other, "server") || its == NULL || strcmp(its, app) != 0)
			continue;
		addr_write(other->v4.family != 0 ? other->v4 : other->v6, addr);
		put(w, "--peer=%s=%s,%u", other->name, addr, port_of(other));
	}
}

static enum err server(const struct apps_config *c, const struct world_host *h, struct words *w,
		       struct fault *f)
{
	enum err err = server_check(h, f);

	if (err != ERR_OK)
		return err;
	struct span name = world_attr_item(h, "names", 0);
	put(w, "%s", c->program);
	put(w, "serve");
	put(w, "%s", world_attr_find(h, "app"));
	put(w, "--name=%.*s", (int)name.len, name.at);
	put(w, "--office=%s", h->name);
	put(w, "--port=%u", port_of(h));
	put(w, "--ca=%s/ca.pem", c->run_dir);
	put(w, "--cert=%s/%s.pem", c->run_dir, h->name);
	put(w, "--key=%s/%s.key", c->run_dir, h->name);
	if (serve_is_messenger(world_attr_find(h, "app")))
		put_peers(w, c->world, h);
	return ERR_OK;
}

static bool first_of_app(const struct world *w, int at)
{
	const char *app = world_attr_find(&w->hosts[at], "app");

	for (int i = 0; i < at; i++) {
		const char *its = world_attr_find(&w->hosts[i], "app");
		if (is(&w->hosts[i], "server") && its != NULL && strcmp(its, app) == 0)
			return false;
	}
	return true;
}

// Messengers become --app, the others the option of their name.
static enum err put_services(struct words *w, const struct world *world, bool noise,
			     struct fault *f)
{
	for (int i = 0; i < world->host_count; i++) {
		const struct world_host *h = &world->hosts[i];
		if (!is(h, "server"))
			continue;
		enum err err = server_check(h, f);
		if (err != ERR_OK)
			return err;
		const char *app = world_attr_find(h, "app");
		struct span name = world_attr_item(h, "names", 0);
		if (!first_of_app(world, i))
			continue;
		if (serve_is_messenger(app))
			put(w, "--app=%s=%.*s,%u", app, (int)name.len, name.at, port_of(h));
		else if (noise)
			put(w, "--%s=%.*s,%u", app, (int)name.len, name.at, port_of(h));
	}
	return ERR_OK;
}

static enum err phone(const struct apps_config *c, const struct world_host *h, struct words *w,
		      struct fault *f)
{
	const char *resolver = world_attr_find(h, "resolver");
	const char *family = world_attr_find(h, "family");
	const char *noise = world_attr_find(h, "noise");
	char gateway[ADDR_TEXT] = "";

	if (resolver == NULL && h->gateway == WORLD_NONE)
		return fault_set(f, ERR_USAGE, 0,
				 "line %d: phone %s needs gateway= or resolver=", h->line, h->name);
	if (resolver == NULL)
		addr_write(c->world->hosts[h->gateway].lan_v4, gateway);
	put(w, "%s", c->program);
	put(w, "phone");
	put(w, "--control=%s/%s.sock", c->run_dir, h->name);
	put(w, "--ca=%s/ca.pem", c->run_dir);
	put(w, "--resolver=%s", resolver != NULL ? resolver : gateway);
	if (family != NULL)
		put(w, "--family=%s", family);
	return put_services(w, c->world, noise == NULL || strcmp(noise, "no") != 0, f);
}

static void resolver(const struct apps_config *c, const struct world_host *h, struct words *w)
{
	put(w, "dnsmasq");
	put(w, "--keep-in-foreground");
	put(w, "--conf-file=%s/%s.dns", c->run_dir, h->name);
}

static void real_resolver(const struct apps_config *c, const struct world_host *h, struct words *w)
{
	const char *software = world_attr_find(h, "software");

	if (strcmp(software, "dnsmasq") == 0) {
		put(w, "dnsmasq");
		put(w, "--keep-in-foreground");
		put(w, "--conf-file=%s/%s.d/conf", c->run_dir, h->name);
		return;
	}
	bool knot = strcmp(software, "knot-resolver") == 0;
	put(w, knot ? "kresd" : "unbound");
	put(w, knot ? "-n" : "-d");
	put(w, "-c");
	put(w, "%s/%s.d/conf", c->run_dir, h->name);
	if (knot)
		put(w, "%s/%s.d", c->run_dir, h->name);
}

static void authority(const struct apps_config *c, const struct world_host *h, struct words *w)
{
	put(w, "knotd");
	put(w, "-c");
	put(w, "%s/%s.d/conf", c->run_dir, h->name);
}

static void web(const struct apps_config *c, const struct world_host *h, struct words *w)
{
	put(w, "nginx");
	put(w, "-p");
	put(w, "%s/%s.d", c->run_dir, h->name);
	put(w, "-e");
	put(w, "%s/%s.d/error.log", c->run_dir, h->name);
	put(w, "-c");
	put(w, "%s/%s.d/conf", c->run_dir, h->name);
}

static void crowd(const struct apps_config *c, const struct world_host *h, struct words *w)
{
	put(w, "%s", c->program);
	put(w, "crowd");
	put(w, "%s/world.conf", c->run_dir);
	put(w, "%s", h->name);
}

enum err apps_argv(const struct apps_config *c, const struct world_host *h, struct arena *text,
		   const char *const **argv, struct fault *f)
{
	struct words w = { .at = arena_take(text, WORDS_MAX * sizeof(char *)), .text = text };
	enum err err = ERR_OK;

	if (w.at == NULL)
		return fault_set(f, ERR_MEMORY, 0, "lab: no memory for command lines");
	if (is(h, "server"))
		err = server(c, h, &w, f);
	else if (is(h, "phone"))
		err = phone(c, h, &w, f);
	else if (is(h, "resolver") && world_attr_find(h, "software"))
		real_resolver(c, h, &w);
	else if (is(h, "resolver"))
		resolver(c, h, &w);
	else if (is(h, "authority"))
		authority(c, h, &w);
	else if (is(h, "web"))
		web(c, h, &w);
	else if (is(h, "crowd"))
		crowd(c, h, &w);
	else
		return ERR_MISSING;
	if (err == ERR_OK && w.full)
		err = fault_set(f, ERR_FULL, 0, "line %d: %s: its command line gets too long",
				h->line, h->name);
	*argv = w.at;
	return err;
}
