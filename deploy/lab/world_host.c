// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "lab/world_part.h"

static int host_index(const struct world *w, struct span name)
{
	for (int i = 0; i < w->host_count; i++)
		if (text_is(name, w->hosts[i].name))
			return i;
	return WORLD_NONE;
}

static enum err at_router(const struct world_reading *r, struct world_word word,
			  struct world_host *h)
{
	h->router = world_router_find(r->w, word.value);
	if (h->router == WORLD_NONE)
		return world_fault(r, ERR_USAGE,
				   "router %.*s is not known; declare it above this line",
				   (int)word.value.len, word.value.at);
	return ERR_OK;
}

static enum err at_gateway(const struct world_reading *r, struct world_word word,
			   struct world_host *h)
{
	h->gateway = host_index(r->w, word.value);
	if (h->gateway == WORLD_NONE || r->w->hosts[h->gateway].gateway != WORLD_NONE)
		return world_fault(
			r, ERR_USAGE,
			"gateway %.*s is no host at a router; declare it above this line",
			(int)word.value.len, word.value.at);
	h->router = r->w->hosts[h->gateway].router;
	return ERR_OK;
}

// Everything is an attribute too, so that a program in the host can read it back.
static enum err attribute(const struct world_reading *r, struct world_word word,
			  struct world_host *h)
{
	struct world_attr *attr = &h->attrs[h->attr_count];

	if (h->attr_count == WORLD_ATTRS_MAX)
		return world_fault(r, ERR_FULL, "more than %d attributes; drop some",
				   WORLD_ATTRS_MAX);
	attr->key = world_text(r, word.key);
	attr->value = world_text(r, word.value.at ? word.value : span_text(""));
	if (!attr->key || !attr->value)
		return ERR_MEMORY;
	if (world_attr_find(h, attr->key))
		return world_fault(r, ERR_USAGE, "%s= is given twice; remove one", attr->key);
	h->attr_count++;
	return ERR_OK;
}

static enum err host_word(const struct world_reading *r, struct world_word word,
			  struct world_host *h)
{
	enum err err = attribute(r, word, h);

	if (err != ERR_OK)
		return err;
	if (text_is(word.key, "kind") && word.value.len > 0) {
		h->kind = h->attrs[h->attr_count - 1].value;
		return ERR_OK;
	}
	if (text_is(word.key, "router"))
		return at_router(r, word, h);
	if (text_is(word.key, "gateway"))
		return at_gateway(r, word, h);
	if (text_is(word.key, "delay"))
		return world_delay_read(word.value, &h->delay) == ERR_OK
			       ? ERR_OK
			       : world_fault(r, ERR_USAGE, "delay= needs a time such as 0.1ms");
	err = world_address(r, word, text_is(word.key, "v4") ? &h->v4 : &h->v6);
	return err == ERR_MISSING ? ERR_OK : err;
}

static enum err join(const struct world_reading *r, struct world_host *h)
{
	struct world *w = r->w;
	int *count = &w->routers[h->router].hosts;

	if (h->gateway != WORLD_NONE) {
		struct world_host *gateway = &w->hosts[h->gateway];
		if (!gateway->lan) {
			if (w->lan_count == WORLD_LANS_MAX)
				return world_fault(r, ERR_FULL, "more than %d gateways with phones",
						   WORLD_LANS_MAX);
			gateway->lan = ++w->lan_count;
		}
		count = &gateway->phones;
	}
	h->seat = (*count)++;
	if (*count > WORLD_RHOSTS_MAX)
		return world_fault(r, ERR_FULL,
				   "more than %d hosts at one place; attach it elsewhere",
				   WORLD_RHOSTS_MAX);
	return ERR_OK;
}

enum err world_host_read(const struct world_reading *r, const struct world_line *line)
{
	struct world *w = r->w;

	if (line->count < 2 || line->words[1].value.at || !world_name_good(line->words[1].key))
		return world_fault(r, ERR_USAGE,
				   "host needs a name of 1..%d letters, digits, '-', '_', '.'",
				   WORLD_NAME_MAX);
	struct span name = line->words[1].key;
	if (host_index(w, name) != WORLD_NONE)
		return world_fault(r, ERR_USAGE, "host %.*s is there already; rename one",
				   (int)name.len, name.at);
	if (w->host_count == WORLD_HOSTS_MAX)
		return world_fault(r, ERR_FULL, "more than %d hosts; the lab holds no more",
				   WORLD_HOSTS_MAX);
	struct world_host *h = &w->hosts[w->host_count];
	*h = (struct world_host){ .name = world_text(r, name),
				  .kind = "",
				  .router = WORLD_NONE,
				  .gateway = WORLD_NONE,
				  .delay = WORLD_ACCESS,
				  .line = r->line };
	if (!h->name)
		return ERR_MEMORY;
	for (int i = 2; i < line->count; i++) {
		enum err err = host_word(r, line->words[i], h);
		if (err != ERR_OK)
			return err;
	}
	bool both = world_attr_find(h, "router") && world_attr_find(h, "gateway");
	if (h->router == WORLD_NONE || both)
		return world_fault(r, ERR_USAGE, "host %s needs router= or gateway=, one of them",
				   h->name);
	if (!h->kind[0])
		return world_fault(r, ERR_USAGE, "host %s needs kind=", h->name);
	w->host_count++;
	return join(r, h);
}
