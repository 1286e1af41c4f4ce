// SPDX-License-Identifier: Apache-2.0
//
// Reads the statements of world_dns.h.
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/table.h"
#include "base/text.h"
#include "lab/world_part.h"

#define DOMAIN_TEXT 254

static enum err need(const struct world_reading *r, bool good, const char *what)
{
	return good ? ERR_OK : world_fault(r, ERR_USAGE, "%s", what);
}

// A lab address: its own ranges, and nothing else may be routed.
static enum err lab_addr(const struct world_reading *r, struct world_word word, struct addr *out)
{
	struct world_word as = word;

	if (addr_read(word.value, out) != ERR_OK)
		return world_bad_value(r, word, "an address");
	as.key = span_text(out->family == 6 ? "v6" : "v4");
	return world_address(r, as, out);
}

static enum err lab_prefix(const struct world_reading *r, struct world_word word,
			   struct prefix *out)
{
	struct addr ignored;
	struct span rest = word.value, head = text_cut(&rest, '/');
	struct world_word as = { .key = span_text(memchr(head.at, ':', head.len) ? "v6" : "v4"),
				 .value = head };

	if (prefix_read(word.value, out) != ERR_OK)
		return world_bad_value(r, word, "a prefix such as 198.18.64.0/24");
	return world_address(r, as, &ignored);
}

enum err world_count_read(const struct world_reading *r, struct world_word word, int max, int *out)
{
	uint64_t n;

	if (text_u64(word.value, 1, (uint64_t)max, &n) != ERR_OK) {
		char want[64];
		snprintf(want, sizeof(want), "a number within 1..%d", max);
		return world_bad_value(r, word, want);
	}
	*out = (int)n;
	return ERR_OK;
}

static enum err text_read(const struct world_reading *r, struct world_word word, const char **out)
{
	*out = world_text(r, word.value);
	return *out ? ERR_OK : ERR_MEMORY;
}

typedef const char *word_name_fn(int value);

static enum err choice_read(const struct world_reading *r, struct world_word word,
			    word_name_fn *name, int *out)
{
	char all[200];
	struct wr w = wr_of(all, sizeof(all) - 1);

	wr_text(&w, "one of:");
	for (*out = 0; name(*out); ++*out) {
		if (text_is(word.value, name(*out)))
			return ERR_OK;
		wr_format(&w, " %s", name(*out));
	}
	all[w.len] = '\0';
	return world_bad_value(r, word, all);
}

// --- net -----------------------------------------------------------------------------------------

static enum err net_word(const struct world_reading *r, struct world_word word,
			 struct world_net *net)
{
	if (text_is(word.key, "router")) {
		net->router = world_router_find(r->w, word.value);
		return need(r, net->router != WORLD_NONE, "router= names no router above");
	}
	if (!text_is(word.key, "host"))
		return world_unknown_key(r, "net", word);
	for (int i = 0; i < r->w->host_count; i++)
		if (text_is(word.value, r->w->hosts[i].name))
			net->host = i;
	return need(r, net->host != WORLD_NONE, "host= names no host above");
}

enum err world_net_read(const struct world_reading *r, const struct world_line *line)
{
	struct world *w = r->w;
	struct world_net net = { .host = WORLD_NONE, .router = WORLD_NONE, .line = r->line };
	enum err err = need(r, line->count > 1 && w->net_count < WORLD_NETS_MAX,
			    "write: net PREFIX host=HOST router=ROUTER, at most 64 of them");

	if (err == ERR_OK) {
		struct world_word prefix = { .key = span_text("net"), .value = line->words[1].key };
		err = lab_prefix(r, prefix, &net.prefix);
	}
	for (int i = 2; err == ERR_OK && i < line->count; i++)
		err = net_word(r, line->words[i], &net);
	if (err == ERR_OK)
		err = need(r, net.host != WORLD_NONE && w->hosts[net.host].gateway == WORLD_NONE,
			   "a net needs host=, which is no phone");
	if (err != ERR_OK)
		return err;
	if (net.router == WORLD_NONE)
		net.router = w->hosts[net.host].router;
	w->nets[w->net_count++] = net;
	return ERR_OK;
}

// --- domain --------------------------------------------------------------------------------------

static const char *tls_word(int value)
{
	return world_tls_name((enum world_tls)value);
}

static enum err domain_flag(const struct world_reading *r, struct world_word word,
			    struct world_domain *d)
{
	bool *flag = text_is(word.key, "signed")   ? &d->dnssec
		     : text_is(word.key, "whoami") ? &d->whoami
						   : NULL;

	if (!flag)
		return world_unknown_key(r, "domain", word);
	*flag = true;
	return ERR_OK;
}

static enum err domain_word(const struct world_reading *r, struct world_word word,
			    struct world_domain *d, int *count)
{
	int choice = 0;
	enum err err;

	if (!word.value.at)
		return domain_flag(r, word, d);
	if (text_is(word.key, "count"))
		return world_count_read(r, word, WORLD_DOMAINS_MAX, count);
	if (text_is(word.key, "places"))
		return world_count_read(r, word, 64, &d->places);
	if (text_is(word.key, "answers"))
		return world_count_read(r, word, WORLD_ANSWERS_MAX, &d->answers);
	if (text_is(word.key, "turns"))
		return world_count_read(r, word, 65536, &d->turns);
	if (text_is(word.key, "list"))
		return text_read(r, word, &d->lists);
	if (text_is(word.key, "page"))
		return text_read(r, word, &d->page);
	if (text_is(word.key, "at"))
		return lab_addr(r, word, &d->v4);
	if (text_is(word.key, "at6"))
		return lab_addr(r, word, &d->v6);
	if (text_is(word.key, "pool"))
		return lab_prefix(r, word, &d->pool4);
	if (text_is(word.key, "pool6"))
		return lab_prefix(r, word, &d->pool6);
	if (!text_is(word.key, "tls"))
		return world_unknown_key(r, "domain", word);
	err = choice_read(r, word, tls_word, &choice);
	d->tls = (enum world_tls)choice;
	return err;
}

// NAME with its % as NUMBER, lower case.
static enum err numbered(const struct world_reading *r, struct span name, int number,
			 const char **out)
{
	char text[DOMAIN_TEXT];
	struct wr w = wr_of(text, sizeof(text));

	for (size_t i = 0; i < name.len; i++) {
		if (name.at[i] == '%')
			wr_format(&w, "%03d", number);
		else
			wr_u8(&w, (uint8_t)tolower(name.at[i]));
	}
	if (w.err != ERR_OK || w.len == 0)
		return world_fault(r, ERR_USAGE, "a domain's name has 1..253 characters");
	*out = world_text(r, wr_span(&w));
	return *out ? ERR_OK : ERR_MEMORY;
}

static enum err domain_check(const struct world_reading *r, const struct world_domain *d)
{
	bool pool = d->pool4.addr.family || d->pool6.addr.family;

	if (d->whoami)
		return need(r, !pool && !d->v4.family && !d->v6.family,
			    "a whoami domain has no address of its own");
	if (pool && (d->places < 1 || (d->pool4.addr.family && d->pool4.bits > 26) ||
		     (d->pool6.addr.family && d->pool6.bits > 122)))
		return need(r, false, "a pool needs places= and at least 64 addresses");
	if (d->turns < d->answers)
		return need(r, false, "turns= needs at least as many as answers=");
	return need(r, pool || d->v4.family || d->v6.family || d->tls == SITE_NONE,
		    "a domain needs at=, at6=, pool= or whoami");
}

enum err world_domain_read(const struct world_reading *r, const struct world_line *line)
{
	struct world *w = r->w;
	struct world_domain d = { .lists = "", .answers = 1, .turns = 4, .line = r->line };
	int count = 1;
	enum err err = need(r, line->count > 1 && !line->words[1].value.at,
			    "write: domain NAME at=ADDR, or pool=PREFIX places=N, or whoami");

	for (int i = 2; err == ERR_OK && i < line->count; i++)
		err = domain_word(r, line->words[i], &d, &count);
	if (err == ERR_OK)
		err = domain_check(r, &d);
	for (int i = 0; err == ERR_OK && i < count; i++) {
		if (w->domain_count == WORLD_DOMAINS_MAX)
			return world_fault(r, ERR_FULL, "more than %d domains", WORLD_DOMAINS_MAX);
		struct world_domain *one = &w->domains[w->domain_count++];
		*one = d;
		if (d.v4.family)
			one->v4 = world_addr_plus(d.v4, (uint64_t)i);
		if (d.v6.family)
			one->v6 = world_addr_plus(d.v6, (uint64_t)i);
		err = numbered(r, line->words[1].key, i + 1, &one->name);
	}
	return err;
}

// --- crowd ---------------------------------------------------------------------------------------

static const char *does_word(int value)
{
	return world_does_name((enum world_does)value);
}

static const char *lie_word(int value)
{
	return world_lie_name((enum world_lie)value);
}

// What is told instead of the truth may be any address: it need not lead anywhere.
enum err world_false_read(const struct world_reading *r, struct world_word word,
			  struct world_false *out)
{
	uint8_t family = text_is(word.key, "v6") ? 6 : 4;
	struct span rest = word.value;

	while (rest.at) {
		struct addr a;
		int *count = family == 6 ? &out->v6_count : &out->v4_count;
		if (addr_read(text_cut(&rest, ','), &a) != ERR_OK || a.family != family ||
		    *count == WORLD_FALSE_MAX)
			return world_bad_value(r, word, "1..16 addresses, parted by commas");
		(family == 6 ? out->v6 : out->v4)[(*count)++] = a;
	}
	return ERR_OK;
}

static enum err crowd_number(const struct world_reading *r, struct world_word word,
			     struct world_crowd *c)
{
	int choice = 0;
	enum err err;

	if (text_is(word.key, "count"))
		return world_count_read(r, word, WORLD_CROWD_MAX, &c->count);
	if (text_is(word.key, "ede"))
		return world_count_read(r, word, 65535, &c->ede);
	if (text_is(word.key, "rate"))
		return text_f64(word.value, 0.01, 1e6, &c->rate) == ERR_OK
			       ? ERR_OK
			       : world_bad_value(r, word, "answers a second");
	if (text_is(word.key, "does")) {
		err = choice_read(r, word, does_word, &choice);
		c->does = (enum world_does)choice;
		return err;
	}
	if (!text_is(word.key, "lie"))
		return world_unknown_key(r, "crowd", word);
	err = choice_read(r, word, lie_word, &choice);
	c->lie = (enum world_lie)choice;
	return err;
}

static enum err crowd_word(const struct world_reading *r, struct world_word word,
			   struct world_crowd *c)
{
	if (!word.value.at) {
		c->unconfirmed = text_is(word.key, "unconfirmed");
		return c->unconfirmed ? ERR_OK : world_unknown_key(r, "crowd", word);
	}
	if (text_is(word.key, "at"))
		return lab_addr(r, word, &c->first);
	if (text_is(word.key, "ptr"))
		return text_read(r, word, &c->ptr);
	if (text_is(word.key, "list"))
		return text_read(r, word, &c->list);
	if (text_is(word.key, "v4") || text_is(word.key, "v6"))
		return world_false_read(r, word, &c->addrs);
	if (!text_is(word.key, "upstream"))
		return crowd_number(r, word, c);
	for (int i = 0; i < r->w->crowd_count; i++)
		if (text_is(word.value, r->w->crowds[i].name))
			c->upstream = i;
	return need(r, c->upstream != WORLD_NONE, "upstream= names no crowd above");
}

static enum err crowd_check(const struct world_reading *r, const struct world_crowd *c)
{
	bool forwards = c->does == DOES_FORWARDER || c->does == DOES_TRANSPARENT;
	bool told = c->lie == LIE_PAGE || c->lie == LIE_BOGON;

	if (!c->first.family)
		return need(r, false, "a crowd needs at=, the address of its first");
	if (forwards != (c->upstream != WORLD_NONE))
		return need(r, false, "upstream= goes with does=forwarder or transparent");
	if (forwards && r->w->crowds[c->upstream].first.family != c->first.family)
		return need(r, false, "a crowd and its upstream need addresses of one family");
	if ((c->lie != LIE_NONE) != (c->list != NULL))
		return need(r, false, "lie= and list= go together");
	return need(r, told == (c->addrs.v4_count + c->addrs.v6_count > 0),
		    "lie=page and lie=bogon need v4= or v6=, the others have none");
}

enum err world_crowd_read(const struct world_reading *r, const struct world_line *line)
{
	struct world *w = r->w;
	struct world_crowd c = { .count = 1, .upstream = WORLD_NONE, .line = r->line };
	enum err err = need(r, line->count > 1 && !line->words[1].value.at,
			    "write: crowd NAME at=ADDR count=N");

	if (err == ERR_OK)
		err = need(r, w->crowd_count < WORLD_CROWDS_MAX, "more than 200 crowds");
	for (int i = 2; err == ERR_OK && i < line->count; i++)
		err = crowd_word(r, line->words[i], &c);
	if (err == ERR_OK)
		err = crowd_check(r, &c);
	if (err != ERR_OK)
		return err;
	c.name = world_text(r, line->words[1].key);
	w->crowds[w->crowd_count++] = c;
	return c.name ? ERR_OK : ERR_MEMORY;
}
