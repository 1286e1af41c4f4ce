// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "lab/show_io.h"
#include "lab/truth_io.h"
#include "lab/verbs.h"
#include "lab/world_io.h"
#include "wire/dns.h"

struct world_args {
	bool json;
};

static const struct conf_option world_options[] = {
	{ .name = "json",
	  .kind = CONF_BOOL,
	  .offset = offsetof(struct world_args, json),
	  .help = "one JSON document a line" },
	{ .name = NULL },
};
static const struct conf_option no_options[] = { { .name = NULL } };

typedef enum err world_show_fn(const struct world *w, FILE *to);

static enum err world_only(int argc, char **argv, const char *synopsis, struct world **w,
			   struct cli *cli, struct fault *f)
{
	const struct cli_usage usage = { .synopsis = synopsis };
	struct world_args args = { 0 };
	enum err err = cli_read(argc, argv, no_options, &usage, &args, cli, f);

	if (err != ERR_OK || cli->helped)
		return err;
	if (cli->count != 1)
		return fault_set(f, ERR_USAGE, 0, "one WORLD file, please: %s", synopsis);
	return world_load(cli->words[0], w, f);
}

static int show(int argc, char **argv, const char *synopsis, world_show_fn *fn)
{
	AUTO(world_free) struct world *w = NULL;
	struct cli cli = { 0 };
	struct fault f = { 0 };
	enum err err = world_only(argc, argv, synopsis, &w, &cli, &f);

	if (err == ERR_OK && !cli.helped && (err = fn(w, stdout)) != ERR_OK)
		fault_set(&f, err, 0, "no memory");
	return err == ERR_OK ? 0 : cli_fail("waymark-lab", &f);
}

static enum err check_show(const struct world *w, FILE *to)
{
	fprintf(to, "%s: %d networks, %d routers, %d links, %d hosts\n", w->name, w->as_count,
		w->router_count, w->link_count, w->host_count);
	return ERR_OK;
}

int verb_check(int argc, char **argv)
{
	return show(argc, argv, "waymark-lab check WORLD", check_show);
}

int verb_geo(int argc, char **argv)
{
	return show(argc, argv, "waymark-lab geo WORLD", show_geo);
}

int verb_names(int argc, char **argv)
{
	return show(argc, argv, "waymark-lab names WORLD", show_names);
}

int verb_hosts(int argc, char **argv)
{
	return show(argc, argv, "waymark-lab hosts WORLD", show_hosts);
}

int verb_path(int argc, char **argv)
{
	static const struct cli_usage usage = {
		.synopsis = "waymark-lab path WORLD A B [--json]",
		.text = "What a faultless traceroute from host A to host B lists: every equal "
			"path.",
	};
	AUTO(world_free) struct world *w = NULL;
	struct world_args args = { 0 };
	struct cli cli = { 0 };
	struct fault f = { 0 };
	enum err err = cli_read(argc, argv, world_options, &usage, &args, &cli, &f);

	if (err == ERR_OK && cli.helped)
		return 0;
	if (err == ERR_OK && cli.count != 3)
		err = fault_set(&f, ERR_USAGE, 0, "WORLD, A and B, please: %s", usage.synopsis);
	if (err == ERR_OK)
		err = world_load(cli.words[0], &w, &f);
	if (err == ERR_OK)
		err = show_path(w, cli.words[1], cli.words[2], args.json, stdout, &f);
	return err == ERR_OK ? 0 : cli_fail("waymark-lab", &f);
}

struct truth_args {
	char from[WORLD_NAME_MAX + 1], type[8];
};

static const struct conf_option truth_options[] = {
	{ .name = "from",
	  .kind = CONF_TEXT,
	  .offset = offsetof(struct truth_args, from),
	  .size = sizeof(((struct truth_args *)0)->from),
	  .value = "HOST",
	  .help = "pairs: where the questions leave; by default the first vantage node" },
	{ .name = "type",
	  .kind = CONF_TEXT,
	  .offset = offsetof(struct truth_args, type),
	  .size = sizeof(((struct truth_args *)0)->type),
	  .unset = "A",
	  .value = "A|AAAA",
	  .help = "pairs: of what type the questions are" },
	{ .name = NULL },
};

static const struct world_host *first_vantage(const struct world *w)
{
	for (int i = 0; i < w->host_count; i++)
		if (strcmp(w->hosts[i].kind, "vantage") == 0)
			return &w->hosts[i];
	return NULL;
}

static enum err truth(const struct truth_args *args, const struct cli *cli, struct fault *f)
{
	AUTO(world_free) struct world *w = NULL;
	const char *what = cli->count == 2 ? cli->words[1] : "";
	bool v6 = strcmp(args->type, "AAAA") == 0;
	enum err err = ERR_OK;

	if (cli->count == 0 || (!v6 && strcmp(args->type, "A") != 0))
		return fault_set(f, ERR_USAGE, 0, "a WORLD file, please, and --type A or AAAA");
	err = world_load(cli->words[0], &w, f);
	if (err != ERR_OK)
		return err;
	if (strcmp(what, "resolvers") == 0)
		return truth_resolvers(w, stdout, f);
	if (strcmp(what, "domains") == 0)
		return truth_domains(w, stdout, f);
	if (strcmp(what, "pairs") != 0)
		return fault_set(f, ERR_USAGE, 0, "say which: resolvers, domains or pairs");
	const struct world_host *from =
		args->from[0] ? world_host_find(w, args->from) : first_vantage(w);
	if (!from)
		return fault_set(f, ERR_MISSING, 0, "no host %s in this world", args->from);
	return truth_pairs(w, from, v6 ? DNS_AAAA : DNS_A, stdout, f);
}

int verb_truth(int argc, char **argv)
{
	static const struct cli_usage usage = {
		.synopsis = "waymark-lab truth WORLD resolvers|domains|pairs [--from HOST] [--type "
			    "A|AAAA]",
		.text = "What is true of the resolvers and domains of a world and, pair by pair, "
			"who "
			"lies and where an injector stands on the way, as CSV.",
	};
	struct truth_args args = { 0 };
	struct cli cli = { 0 };
	struct fault f = { 0 };
	enum err err = cli_read(argc, argv, truth_options, &usage, &args, &cli, &f);

	if (err == ERR_OK && !cli.helped)
		err = truth(&args, &cli, &f);
	return err == ERR_OK ? 0 : cli_fail("waymark-lab", &f);
}
