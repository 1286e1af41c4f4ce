// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "cli/central.h"
#include "cli/registry.h"
#include "cli/verb.h"

struct phone_options {
	struct central central;
	char gateway[64], account[128];
	struct addr address4, address6;
};

#define AT(field) .offset = offsetof(struct phone_options, field)
#define TEXT(field)                                                                                \
	.kind = CONF_TEXT, AT(field), .size = sizeof(((struct phone_options *)NULL)->field)

// clang-format off
static const struct conf_option add_options[] = {
	CENTRAL_OPTIONS,
	{ .name = "gateway", TEXT(gateway), .value = "NODE", .help = "gateway it is behind" },
	{ .name = "account", TEXT(account), .value = "ACCOUNT", .help = "account it uses in the messengers" },
	{ .name = "address4", .kind = CONF_ADDR, AT(address4), .value = "ADDRESS", .help = "its IPv4 address behind the gateway" },
	{ .name = "address6", .kind = CONF_ADDR, AT(address6), .value = "ADDRESS", .help = "its IPv6 address" },
	{ .name = NULL },
};
// clang-format on

static enum err add(const char *name, const struct phone_options *o, struct fault *f)
{
	AUTO(pg_close) struct pg *pg = NULL;
	uint64_t added = 0;
	if (o->gateway[0] == '\0' || o->account[0] == '\0' || o->address4.family != 4)
		return fault_set(f, ERR_USAGE, 0,
				 "--gateway NODE, --account ACCOUNT and --address4 ADDRESS are "
				 "wanted");
	if (o->address6.family == 4)
		return fault_set(f, ERR_USAGE, 0, "--address6 wants an IPv6 address");
	enum err err = central_open(&o->central, PG_OWNER, &pg, f);
	if (err == ERR_OK)
		err = pg_run(pg, "phone_add",
			     PG_VALUES(pg_text(name), pg_text(o->gateway), pg_text(o->account),
				       pg_addr(o->address4), pg_addr(o->address6)),
			     &added, f);
	if (err == ERR_EXISTS)
		return fault_set(f, err, 0, "there is a phone %s already", name);
	if (err == ERR_OK && added == 0)
		err = fault_set(f, ERR_MISSING, 0, "no gateway node %s", o->gateway);
	return err;
}

static int phone_add(int argc, char **argv)
{
	struct phone_options o = { 0 };
	const char *word;
	struct fault f;
	const struct cli_usage usage = {
		.synopsis = "waymark phone add NAME --gateway NODE --account ACCOUNT --address4 "
			    "ADDRESS",
		.examples = "  waymark phone add p1 --gateway berlin-gw --account p1 --address4 "
			    "198.19.1.10\n",
	};
	enum err err = central_read(argc, argv, add_options, &usage, &o, &word, &f);
	if (err == ERR_OK && word != NULL)
		err = add(word, &o, &f);
	return central_end("waymark phone add", err, &f);
}

static int phone_list(int argc, char **argv)
{
	static const char *const headings[] = { "name",     "gateway",  "account",
						"address4", "address6", NULL };
	static const struct central_list list = { "waymark phone list",
						  "waymark phone list [--json | --csv]",
						  "phone_list", headings };
	return central_list(argc, argv, &list);
}

static const struct verb verbs[] = {
	{ "add", phone_add, "make a phone known" },
	{ "list", phone_list, "all phones" },
	{ NULL, NULL, NULL },
};

int registry_phone(int argc, char **argv)
{
	return verb_dispatch(verbs, "phone", argc, argv);
}
