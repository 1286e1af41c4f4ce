// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "cli/backends.h"

static enum err check_decision(const char *word, struct fault *f)
{
	static const char *const words[] = { "backend", "push",     "media",  "background",
					     "peer",    "resolver", "unknown" };
	for (size_t i = 0; i < COUNT(words); i++)
		if (strcmp(word, words[i]) == 0)
			return ERR_OK;
	return fault_set(f, ERR_USAGE, 0,
			 "--decision wants backend, push, media, background, peer, resolver or "
			 "unknown");
}

static enum err check_port(const char *text, struct fault *f)
{
	size_t digits = strspn(text, "0123456789");
	if (text[digits] == '\0' && digits <= 5 && atoi(text) <= 65535)
		return ERR_OK;
	return fault_set(f, ERR_USAGE, 0, "--port wants a number up to 65535");
}

// A bare address is a prefix of its whole length.
static enum err check_prefix(const char *word, struct fault *f)
{
	struct prefix prefix;
	struct addr a;
	if (addr_read(span_text(word), &a) == ERR_OK ||
	    prefix_read(span_text(word), &prefix) == ERR_OK)
		return ERR_OK;
	return fault_set(f, ERR_USAGE, 0,
			 "%s is no address or prefix, or bits are set after its length", word);
}

static enum err check(const struct backends_options *o, const char *word, struct fault *f)
{
	enum err err = check_prefix(word, f);
	if (err == ERR_OK)
		err = check_decision(o->decision, f);
	if (err == ERR_OK)
		err = check_port(o->port, f);
	if (err == ERR_OK && o->reason[0] == '\0')
		err = fault_set(f, ERR_USAGE, 0, "--reason TEXT is wanted: how is it known?");
	return err;
}

static struct pg_value maybe(const char *text)
{
	return pg_text(text[0] != '\0' ? text : NULL);
}

static enum err put(struct pg *pg, const struct backends_options *o, const char *word,
		    struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *run = NULL, *made = NULL;
	enum err err = ERR_OK;
	if (o->run[0] != '\0')
		err = pg_query(pg, "backends_find", PG_VALUES(pg_text(o->run)), &run, f);
	if (err == ERR_OK && run != NULL && pg_rows_count(run) == 0)
		err = fault_set(f, ERR_MISSING, 0, "no run %s", o->run);
	if (err != ERR_OK)
		return err;
	const char *id = run != NULL ? pg_rows_text(run, 0, 0) : NULL;
	err = pg_query(pg, "backends_override_add",
		       PG_VALUES(pg_text(id), maybe(o->app), pg_text(word), maybe(o->port),
				 pg_text(o->decision), pg_text(o->reason), maybe(o->by)),
		       &made, f);
	if (err == ERR_OK)
		fprintf(stderr, "waymark backends: decision %s is in force\n",
			pg_rows_text(made, 0, 0));
	return err;
}

static enum err withdraw(struct pg *pg, const char *id, struct fault *f)
{
	uint64_t changed = 0;
	enum err err = pg_run(pg, "backends_override_end", PG_VALUES(pg_text(id)), &changed, f);
	if (err == ERR_OK && changed == 0)
		err = fault_set(f, ERR_MISSING, 0, "no decision %s is in force", id);
	return err;
}

static enum err list(const struct central *c, struct fault *f)
{
	static const char *const headings[] = { "id",   "addr",      "port",   "run",
						"app",  "decision",  "reason", "made_by",
						"made", "withdrawn", NULL };
	AUTO(pg_close) struct pg *pg = NULL;
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	enum err err = central_open(c, PG_READ, &pg, f);
	if (err == ERR_OK)
		err = pg_query(pg, "backends_override_list", PG_NO_VALUES, &rows, f);
	if (err == ERR_OK)
		central_print(c, rows, headings);
	return err;
}

enum err backends_override(const struct backends_options *o, const char *word, struct fault *f)
{
	AUTO(pg_close) struct pg *pg = NULL;
	bool out = o->withdraw[0] != '\0';
	if ((word != NULL) + out + o->list > 1)
		return fault_set(f, ERR_USAGE, 0, "an address, --withdraw or --list: one of them");
	if (word == NULL && !out)
		return list(&o->central, f);
	enum err err = word != NULL ? check(o, word, f) : ERR_OK;
	if (err == ERR_OK)
		err = central_open(&o->central, PG_JUDGE, &pg, f);
	if (err != ERR_OK)
		return err;
	return out ? withdraw(pg, o->withdraw, f) : put(pg, o, word, f);
}
