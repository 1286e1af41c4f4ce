// SPDX-License-Identifier: Apache-2.0
//
// Reads the statement `inject` of world_dns.h.
#include "base/text.h"
#include "lab/world_part.h"

static enum err need(const struct world_reading *r, bool good, const char *what)
{
	return good ? ERR_OK : world_fault(r, ERR_USAGE, "%s", what);
}

static enum err inject_word(const struct world_reading *r, struct world_word word,
			    struct world_injector *in)
{
	int ttl;
	enum err err;

	if (text_is(word.key, "list")) {
		in->list = world_text(r, word.value);
		return in->list ? ERR_OK : ERR_MEMORY;
	}
	if (text_is(word.key, "v4") || text_is(word.key, "v6"))
		return world_false_read(r, word, &in->addrs);
	if (text_is(word.key, "lag"))
		return world_delay_read(word.value, &in->lag) == ERR_OK
			       ? ERR_OK
			       : world_bad_value(r, word, "a time such as 1ms");
	if (text_is(word.key, "race")) {
		in->second = text_is(word.value, "second");
		return in->second || text_is(word.value, "first")
			       ? ERR_OK
			       : world_bad_value(r, word, "first or second");
	}
	if (!text_is(word.key, "ttl"))
		return world_unknown_key(r, "inject", word);
	in->copies = text_is(word.value, "copy");
	if (in->copies)
		return ERR_OK;
	err = world_count_read(r, word, 255, &ttl);
	in->ttl = (uint8_t)ttl;
	return err;
}

enum err world_inject_read(const struct world_reading *r, const struct world_line *line)
{
	struct world *w = r->w;
	struct world_injector in = { .ttl = 64, .lag = -1, .line = r->line };
	enum err err = need(r, line->count > 1 && w->injector_count < WORLD_INJECTORS_MAX,
			    "write: inject ROUTER list=WORD v4=ADDR,…; at most 16");

	if (err == ERR_OK) {
		in.router = world_router_find(w, line->words[1].key);
		err = need(r, in.router != WORLD_NONE, "inject names no router above");
	}
	for (int i = 2; err == ERR_OK && i < line->count; i++)
		err = inject_word(r, line->words[i], &in);
	if (err == ERR_OK)
		err = need(r, in.list && in.addrs.v4_count + in.addrs.v6_count > 0,
			   "inject needs list= and v4= or v6=");
	if (err != ERR_OK)
		return err;
	if (in.lag < 0)
		in.lag = in.second ? 400 * NS_PER_MS : 0;
	w->routers[in.router].injects = true;
	w->injectors[w->injector_count++] = in;
	return ERR_OK;
}
