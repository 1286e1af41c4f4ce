// SPDX-License-Identifier: Apache-2.0
#include "conf/conf.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"

static void *field(const struct conf_option *o, void *into)
{
	return (uint8_t *)into + o->offset;
}

static enum err read_bool(struct span v, bool *out)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = {
		{ "yes", true }, { "true", true },   { "on", true },   { "1", true },
		{ "no", false }, { "false", false }, { "off", false }, { "0", false },
	};
	for (size_t i = 0; i < COUNT(words); i++) {
		if (text_is(v, words[i].word)) {
			*out = words[i].value;
			return ERR_OK;
		}
	}
	return ERR_FORMAT;
}

struct unit {
	const char *word;
	int64_t factor;
};

static const struct unit time_units[] = {
	{ "ms", NS_PER_MS },    { "us", NS_PER_US },      { "s", NS_PER_S },
	{ "m", 60 * NS_PER_S }, { "h", 3600 * NS_PER_S }, { "d", 86400 * NS_PER_S },
	{ NULL, NS_PER_S },
};

static const struct unit size_units[] = {
	{ "K", 1024 },
	{ "M", 1024 * 1024 },
	{ "G", 1024 * 1024 * 1024 },
	{ NULL, 1 },
};

static enum err read_unit(struct span v, const struct unit *u, int64_t *out)
{
	for (; u->word != NULL; u++) {
		size_t n = strlen(u->word);
		if (v.len > n && memcmp(v.at + v.len - n, u->word, n) == 0 &&
		    v.at[v.len - n - 1] >= '0' && v.at[v.len - n - 1] <= '9') {
			v.len -= n;
			break;
		}
	}
	uint64_t n;
	enum err err = text_u64(v, 0, (uint64_t)(INT64_MAX / u->factor), &n);
	if (err == ERR_OK)
		*out = (int64_t)n * u->factor;
	return err;
}

static enum err add_item(struct conf_list *list, struct span v)
{
	char **items = reallocarray(list->items, list->count + 1, sizeof(*items));
	if (items == NULL)
		return ERR_MEMORY;
	list->items = items;
	char *item = strndup((const char *)v.at, v.len);
	if (item == NULL)
		return ERR_MEMORY;
	items[list->count++] = item;
	return ERR_OK;
}

static bool outside(const struct conf_option *o, double v)
{
	return (o->min != 0 || o->max != 0) && (v < o->min || v > o->max);
}

static enum err set_number(const struct conf_option *o, struct span v, void *at)
{
	int64_t n = 0;
	enum err err;
	switch ((int)o->kind) {
	case CONF_UINT:
		err = text_u64(v, 0, UINT64_MAX, at);
		return err == ERR_OK && outside(o, (double)*(uint64_t *)at) ? ERR_RANGE : err;
	case CONF_REAL:
		err = text_f64(v, -1e300, 1e300, at);
		return err == ERR_OK && outside(o, *(double *)at) ? ERR_RANGE : err;
	case CONF_DURATION:
		err = read_unit(v, time_units, &n);
		*(int64_t *)at = n;
		return err == ERR_OK && outside(o, (double)n / 1e9) ? ERR_RANGE : err;
	default:
		err = read_unit(v, size_units, &n);
		*(uint64_t *)at = (uint64_t)n;
		return err == ERR_OK && outside(o, (double)n) ? ERR_RANGE : err;
	}
}

static enum err set_value(const struct conf_option *o, struct span v, void *at)
{
	switch (o->kind) {
	case CONF_BOOL:
		return read_bool(v, at);
	case CONF_TEXT:
		return text_copy(at, o->size, v);
	case CONF_ADDR:
		return addr_read(v, at);
	case CONF_PREFIX:
		return prefix_read(v, at);
	case CONF_LIST:
		return add_item(at, v);
	case CONF_UINT:
	case CONF_REAL:
	case CONF_DURATION:
	case CONF_SIZE:
		return set_number(o, v, at);
	}
	return ERR_STATE;
}

static const char *expected(enum conf_kind kind)
{
	static const char *const words[] = {
		[CONF_BOOL] = "yes or no",
		[CONF_UINT] = "a whole number",
		[CONF_REAL] = "a number",
		[CONF_TEXT] = "a shorter text",
		[CONF_DURATION] = "a duration like 500ms, 10s, 5m, 2h or 7d",
		[CONF_SIZE] = "a size like 64K, 16M or 2G",
		[CONF_ADDR] = "an IP address",
		[CONF_PREFIX] = "a prefix like 198.18.0.0/15 without host bits",
		[CONF_LIST] = "a value",
	};
	return words[kind];
}

enum err conf_set(const struct conf_option *o, struct span v, void *into, struct fault *f)
{
	if (v.len > CONF_ITEM_MAX)
		return fault_set(f, ERR_USAGE, 0, "%s: value longer than %d bytes", o->name,
				 CONF_ITEM_MAX);
	enum err err = set_value(o, v, field(o, into));
	if (err == ERR_OK)
		return ERR_OK;
	int shown = v.len > 60 ? 60 : (int)v.len;
	if (err == ERR_RANGE && (o->min != 0 || o->max != 0))
		return fault_set(f, ERR_USAGE, 0, "%s: %.*s is outside %.15g to %.15g%s", o->name,
				 shown, (const char *)v.at, o->min, o->max,
				 o->kind == CONF_DURATION ? " seconds" : "");
	return fault_set(f, ERR_USAGE, 0, "%s: \"%.*s\" is not %s", o->name, shown,
			 v.len > 0 ? (const char *)v.at : "", expected(o->kind));
}

void conf_defaults(const struct conf_option *o, void *into)
{
	for (; o->name != NULL; o++) {
		if (o->unset == NULL)
			continue;
		enum err err = set_value(o, span_text(o->unset), field(o, into));
		(void)err; // a default that does not parse is caught by the unit test of each table
	}
}

void conf_wipe(const struct conf_option *o, void *into)
{
	for (; o->name != NULL; o++) {
		if (o->kind != CONF_LIST)
			continue;
		struct conf_list *list = field(o, into);
		for (size_t i = 0; i < list->count; i++)
			free(list->items[i]);
		free(list->items);
		*list = (struct conf_list){ 0 };
	}
}

const struct conf_option *conf_find(const struct conf_option *o, struct span name)
{
	for (; o->name != NULL; o++)
		if (text_is(name, o->name))
			return o;
	return NULL;
}

static enum err read_line(const struct conf_option *options, struct span line, void *into,
			  struct fault *f)
{
	struct span rest = line;
	struct span name = text_trim(text_cut(&rest, '='));
	if (rest.at == NULL)
		return fault_set(f, ERR_USAGE, 0, "expected \"name = value\"");
	const struct conf_option *o = conf_find(options, name);
	if (o == NULL)
		return fault_set(f, ERR_USAGE, 0, "unknown option \"%.*s\"",
				 name.len > 60 ? 60 : (int)name.len, (const char *)name.at);
	return conf_set(o, text_trim(rest), into, f);
}

enum err conf_read(const struct conf_option *options, struct span text, const char *name,
		   void *into, struct fault *f)
{
	int number = 0;
	while (text.at != NULL) {
		struct span line = text_cut(&text, '\n');
		number++;
		struct span bare = text_trim(text_cut(&line, '#'));
		struct fault why;
		if (bare.len > 0 && read_line(options, bare, into, &why) != ERR_OK)
			return fault_set(f, ERR_USAGE, 0, "%s:%d: %s", name, number, why.what);
	}
	return ERR_OK;
}

static void print_value(const struct conf_option *o, const void *at, FILE *out)
{
	char text[PREFIX_TEXT];
	switch (o->kind) {
	case CONF_BOOL:
		fputs(*(const bool *)at ? "yes" : "no", out);
		break;
	case CONF_UINT:
	case CONF_SIZE:
		fprintf(out, "%llu", (unsigned long long)*(const uint64_t *)at);
		break;
	case CONF_REAL:
		fprintf(out, "%.17g", *(const double *)at);
		break;
	case CONF_TEXT:
		fputs(at, out);
		break;
	case CONF_DURATION:
		fprintf(out, "%lldus", (long long)(*(const int64_t *)at / NS_PER_US));
		break;
	case CONF_ADDR:
		addr_write(*(const struct addr *)at, text);
		fputs(text, out);
		break;
	case CONF_PREFIX:
		prefix_write(*(const struct prefix *)at, text);
		fputs(text, out);
		break;
	case CONF_LIST:
		break;
	}
}

static bool is_unset(const struct conf_option *o, const void *at)
{
	return (o->kind == CONF_TEXT && *(const char *)at == '\0') ||
	       (o->kind == CONF_ADDR && ((const struct addr *)at)->family == 0) ||
	       (o->kind == CONF_PREFIX && ((const struct prefix *)at)->addr.family == 0);
}

void conf_print(const struct conf_option *o, const void *from, FILE *out)
{
	for (; o->name != NULL; o++) {
		const void *at = (const uint8_t *)from + o->offset;
		if (o->kind == CONF_LIST) {
			const struct conf_list *list = at;
			for (size_t i = 0; i < list->count; i++)
				fprintf(out, "%s = %s\n", o->name, list->items[i]);
			continue;
		}
		fprintf(out, "%s%s = ", is_unset(o, at) ? "# " : "", o->name);
		print_value(o, at, out);
		fputc('\n', out);
	}
}
