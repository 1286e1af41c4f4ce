// SPDX-License-Identifier: Apache-2.0
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "lab/world_part.h"

#define WORLD_TEXT_MAX (4 * WORLD_FILE_MAX) // of all strings, with their alignment

enum err world_fault(const struct world_reading *r, enum err err, const char *format, ...)
{
	char what[FAULT_TEXT];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	return fault_set(r->f, err, 0, "%s:%d: %s", r->file, r->line, what);
}

const char *world_text(const struct world_reading *r, struct span s)
{
	const char *text = arena_text(&r->w->text, s);

	if (!text)
		world_fault(r, ERR_MEMORY, "no memory for the words of the world");
	return text;
}

enum err world_address(const struct world_reading *r, struct world_word word, struct addr *out)
{
	static const struct {
		const char *key;
		const char *range;
	} families[] = { { "v4", "198.18.0.0/15" }, { "v6", "2001:db8::/32" } };

	for (size_t i = 0; i < COUNT(families); i++) {
		struct prefix range;
		if (!text_is(word.key, families[i].key))
			continue;
		if (prefix_read(span_text(families[i].range), &range) != ERR_OK ||
		    addr_read(word.value, out) != ERR_OK || !prefix_holds(range, *out))
			return world_fault(r, ERR_USAGE,
					   "%s=%.*s is no lab address; take one of %s",
					   families[i].key, (int)word.value.len, word.value.at,
					   families[i].range);
		return ERR_OK;
	}
	return ERR_MISSING;
}

enum err world_bad_value(const struct world_reading *r, struct world_word word, const char *want)
{
	return world_fault(r, ERR_USAGE, "%.*s=%.*s is wrong; give %s", (int)word.key.len,
			   word.key.at, (int)word.value.len, word.value.at, want);
}

enum err world_unknown_key(const struct world_reading *r, const char *thing, struct world_word word)
{
	return world_fault(r, ERR_USAGE, "a %s has no \"%.*s\"; see deploy/lab/world.h", thing,
			   (int)word.key.len, word.key.at);
}

static enum err name_read(const struct world_reading *r, const struct world_line *line,
			  const char *thing, struct span *out)
{
	if (line->count < 2 || line->words[1].value.at || !world_name_good(line->words[1].key))
		return world_fault(r, ERR_USAGE,
				   "%s needs a name of 1..%d letters, digits, '-', '_', '.'", thing,
				   WORLD_NAME_MAX);
	*out = line->words[1].key;
	return ERR_OK;
}

static enum err top_read(const struct world_reading *r, const struct world_line *line)
{
	struct span name;
	enum err err = name_read(r, line, "world", &name);

	if (err != ERR_OK)
		return err;
	if (r->w->name)
		return world_fault(r, ERR_USAGE, "a second \"world\"; a file describes one");
	r->w->name = world_text(r, name);
	return r->w->name ? ERR_OK : ERR_MEMORY;
}

static enum err stretch_read(const struct world_reading *r, const struct world_line *line)
{
	if (line->count != 2 || text_f64(line->words[1].key, 1, 10, &r->w->stretch) != ERR_OK)
		return world_fault(r, ERR_USAGE, "stretch needs one number within 1..10");
	if (r->w->link_count)
		return world_fault(r, ERR_USAGE,
				   "stretch comes after a link; put it above all links");
	return ERR_OK;
}

static enum err as_read(const struct world_reading *r, const struct world_line *line)
{
	struct world *w = r->w;
	uint64_t number;

	if (line->count != 3 || text_u64(line->words[1].key, 1, UINT32_MAX, &number) != ERR_OK)
		return world_fault(r, ERR_USAGE, "write: as NUMBER \"NAME\"");
	for (int i = 0; i < w->as_count; i++)
		if (w->as[i].number == number)
			return world_fault(r, ERR_USAGE, "as %u is there already; remove one",
					   w->as[i].number);
	if (w->as_count == WORLD_AS_MAX)
		return world_fault(r, ERR_FULL, "more than %d networks; the lab holds no more",
				   WORLD_AS_MAX);
	struct world_as *as = &w->as[w->as_count++];
	as->number = (uint32_t)number;
	as->name = world_text(r, line->words[2].key);
	return as->name ? ERR_OK : ERR_MEMORY;
}

static bool position_read(struct span text, double *lat, double *lon)
{
	struct span rest = text, first = text_cut(&rest, ',');

	return rest.at && text_f64(first, -90, 90, lat) == ERR_OK &&
	       text_f64(rest, -180, 180, lon) == ERR_OK;
}

static bool country_read(struct span text, char out[static 3])
{
	if (text.len != 2 || !isupper(text.at[0]) || !isupper(text.at[1]))
		return false;
	return text_copy(out, 3, text) == ERR_OK;
}

static bool as_find(const struct world *w, struct span text, int *out)
{
	uint64_t number;

	if (text_u64(text, 1, UINT32_MAX, &number) != ERR_OK)
		return false;
	for (*out = 0; *out < w->as_count; ++*out)
		if (w->as[*out].number == number)
			return true;
	return false;
}

static enum err router_number(const struct world_reading *r, struct world_word word,
			      struct world_router *router)
{
	uint64_t ttl;

	if (text_is(word.key, "ttl")) {
		if (text_u64(word.value, 1, 255, &ttl) != ERR_OK)
			return world_bad_value(r, word, "a number within 1..255");
		router->ttl = (uint8_t)ttl;
		return ERR_OK;
	}
	if (text_is(word.key, "loss"))
		return world_loss_read(word.value, &router->loss) == ERR_OK
			       ? ERR_OK
			       : world_bad_value(r, word, "a percentage such as 0.5%");
	if (text_is(word.key, "mpls"))
		return world_mpls_read(word.value, router->mpls, &router->mpls_count) == ERR_OK
			       ? ERR_OK
			       : world_bad_value(r, word,
						 "LABEL:TC:TTL, up to 8 with commas between");
	double *number = text_is(word.key, "icmp-rate")    ? &router->icmp_rate
			 : text_is(word.key, "icmp-burst") ? &router->icmp_burst
							   : NULL;
	if (!number)
		return world_unknown_key(r, "router", word);
	if (text_f64(word.value, 0.01, 1e6, number) != ERR_OK)
		return world_bad_value(r, word, "a number within 0.01..1000000");
	return ERR_OK;
}

static enum err router_word(const struct world_reading *r, struct world_word word,
			    struct world_router *router)
{
	enum err err;

	if (!word.value.at) {
		bool *flag = text_is(word.key, "silent")       ? &router->silent
			     : text_is(word.key, "per-packet") ? &router->per_packet
							       : NULL;
		if (!flag)
			return world_unknown_key(r, "router", word);
		*flag = true;
		return ERR_OK;
	}
	if (text_is(word.key, "as"))
		return as_find(r->w, word.value, &router->as)
			       ? ERR_OK
			       : world_bad_value(r, word, "the number of an \"as\" line above");
	if (text_is(word.key, "country"))
		return country_read(word.value, router->country)
			       ? ERR_OK
			       : world_bad_value(r, word, "two capitals of ISO 3166-1");
	if (text_is(word.key, "at"))
		return position_read(word.value, &router->lat, &router->lon)
			       ? ERR_OK
			       : world_bad_value(r, word, "LAT,LON in degrees");
	if (text_is(word.key, "city")) {
		router->city = world_text(r, word.value);
		return router->city ? ERR_OK : ERR_MEMORY;
	}
	err = world_address(r, word, text_is(word.key, "v4") ? &router->v4 : &router->v6);
	return err == ERR_MISSING ? router_number(r, word, router) : err;
}

static enum err router_read(const struct world_reading *r, const struct world_line *line)
{
	struct world *w = r->w;
	struct span name;
	enum err err = name_read(r, line, "router", &name);

	if (err != ERR_OK)
		return err;
	if (world_router_find(w, name) != WORLD_NONE)
		return world_fault(r, ERR_USAGE, "router %.*s is there already; rename one",
				   (int)name.len, name.at);
	if (w->router_count == WORLD_ROUTERS_MAX)
		return world_fault(r, ERR_FULL, "more than %d routers; the lab holds no more",
				   WORLD_ROUTERS_MAX);
	struct world_router *router = &w->routers[w->router_count];
	*router = (struct world_router){ .name = world_text(r, name),
					 .city = "",
					 .as = WORLD_NONE,
					 .lat = 999,
					 .ttl = 255,
					 .line = r->line };
	if (!router->name)
		return ERR_MEMORY;
	for (int i = 2; i < line->count; i++)
		if ((err = router_word(r, line->words[i], router)) != ERR_OK)
			return err;
	if (router->as == WORLD_NONE || !router->country[0] || router->lat > 90)
		return world_fault(r, ERR_USAGE, "router %s needs as=, country= and at=LAT,LON",
				   router->name);
	if (router->icmp_burst < 1)
		router->icmp_burst = 1;
	w->router_count++;
	return ERR_OK;
}

static enum err link_word(const struct world_reading *r, struct world_word word,
			  struct world_link *link)
{
	uint64_t n;

	if (text_is(word.key, "delay"))
		return world_delay_read(word.value, &link->delay) == ERR_OK
			       ? ERR_OK
			       : world_bad_value(r, word, "a time such as 3.2ms or 80us");
	if (text_is(word.key, "loss"))
		return world_loss_read(word.value, &link->loss) == ERR_OK
			       ? ERR_OK
			       : world_bad_value(r, word, "a percentage such as 0.5%");
	if (text_is(word.key, "metric")) {
		if (text_u64(word.value, 1, 1000000000, &n) != ERR_OK)
			return world_bad_value(r, word, "a number within 1..1000000000");
		link->metric = (int64_t)n;
		return ERR_OK;
	}
	if (!text_is(word.key, "mtu"))
		return world_unknown_key(r, "link", word);
	if (text_u64(word.value, WORLD_MTU_MIN, WORLD_MTU, &n) != ERR_OK)
		return world_bad_value(r, word, "a number within 1280..1500");
	link->mtu = (int)n;
	return ERR_OK;
}

static enum err link_ends(const struct world_reading *r, const struct world_line *line,
			  struct world_link *link)
{
	int *ends[] = { &link->a, &link->b };

	if (line->count < 3)
		return world_fault(r, ERR_USAGE,
				   "write: link ROUTER ROUTER [delay= metric= loss= mtu=]");
	for (int i = 0; i < 2; i++) {
		struct span name = line->words[1 + i].key;
		*ends[i] = world_router_find(r->w, name);
		if (*ends[i] == WORLD_NONE)
			return world_fault(r, ERR_USAGE,
					   "router %.*s is not known; declare it above this line",
					   (int)name.len, name.at);
	}
	if (link->a == link->b)
		return world_fault(r, ERR_USAGE, "a link needs two different routers");
	return ERR_OK;
}

static enum err link_read(const struct world_reading *r, const struct world_line *line)
{
	struct world *w = r->w;
	struct world_link link = { .delay = -1, .mtu = WORLD_MTU, .line = r->line };
	enum err err = link_ends(r, line, &link);

	for (int i = 3; err == ERR_OK && i < line->count; i++)
		err = link_word(r, line->words[i], &link);
	if (err != ERR_OK)
		return err;
	if (w->link_count == WORLD_LINKS_MAX)
		return world_fault(r, ERR_FULL, "more than %d links; the lab holds no more",
				   WORLD_LINKS_MAX);
	if (link.delay < 0) {
		const struct world_router *a = &w->routers[link.a], *b = &w->routers[link.b];
		double km = world_distance(a->lat, a->lon, b->lat, b->lon) * w->stretch;
		link.delay = (int64_t)(km / WORLD_KM_PER_MS * NS_PER_MS);
		if (link.delay < WORLD_DELAY_MIN)
			link.delay = WORLD_DELAY_MIN;
	}
	if (!link.metric)
		link.metric = link.delay / NS_PER_US ? link.delay / NS_PER_US : 1;
	w->links[w->link_count++] = link;
	return ERR_OK;
}

static enum err line_read(const struct world_reading *r, struct span text)
{
	static const struct {
		const char *name;
		enum err (*read)(const struct world_reading *r, const struct world_line *line);
	} statements[] = {
		{ "world", top_read },
		{ "stretch", stretch_read },
		{ "as", as_read },
		{ "router", router_read },
		{ "link", link_read },
		{ "host", world_host_read },
		{ "net", world_net_read },
		{ "domain", world_domain_read },
		{ "crowd", world_crowd_read },
		{ "inject", world_inject_read },
	};
	struct world_line line;
	enum err err = text.len > WORLD_LINE_MAX ? ERR_FULL : world_line_read(text, &line);

	if (err == ERR_FULL)
		return world_fault(r, err,
				   "the line has more than %d characters or %d words; shorten it",
				   WORLD_LINE_MAX, WORLD_WORDS_MAX);
	if (err != ERR_OK)
		return world_fault(r, ERR_USAGE, "a quote is open or a control character is in it");
	if (line.count == 0)
		return ERR_OK;
	for (size_t i = 0; i < COUNT(statements); i++)
		if (text_is(line.words[0].key, statements[i].name) && !line.words[0].value.at)
			return statements[i].read(r, &line);
	return world_fault(r, ERR_USAGE,
			   "\"%.*s\" is no statement; one of: world stretch as router link host "
			   "net domain crowd inject",
			   (int)line.words[0].key.len, line.words[0].key.at);
}

enum err world_read(struct span text, const char *file, struct world **out, struct fault *f)
{
	struct world *w = calloc(1, sizeof(*w));
	struct world_reading r = { .w = w, .file = file, .f = f };
	enum err err = ERR_OK;

	*out = NULL;
	if (!w)
		return fault_set(f, ERR_MEMORY, 0, "no memory for a world");
	w->stretch = WORLD_STRETCH;
	arena_init(&w->text, WORLD_TEXT_MAX);
	if (text.len > WORLD_FILE_MAX)
		err = fault_set(f, ERR_USAGE, 0, "%s: more than %d bytes; no world is that large",
				file, WORLD_FILE_MAX);
	while (err == ERR_OK && text.at) {
		r.line++;
		err = line_read(&r, text_cut(&text, '\n'));
	}
	if (err == ERR_OK)
		err = world_fill(&r);
	if (err != ERR_OK) {
		world_free(&w);
		// Whatever is wrong with it, it is the file that has to be changed.
		return err == ERR_MEMORY ? err : ERR_USAGE;
	}
	*out = w;
	return ERR_OK;
}
