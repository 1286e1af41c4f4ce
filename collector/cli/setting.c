// SPDX-License-Identifier: Apache-2.0
//
// `waymark setting list | set`.
#include "cli/central.h"
#include "cli/registry.h"
#include "cli/verb.h"
#include "schedule/schedule.h"

struct settings {
	struct prefix tunnel4, tunnel6;
	uint64_t tunnel_port_first, tunnel_mtu, keep_batches_days;
};

#define AT(field) .offset = offsetof(struct settings, field)

// What a value must be. Those of the table that are not here take any text.
static const struct conf_option settings[] = {
	{ .name = "tunnel4", .kind = CONF_PREFIX, AT(tunnel4) },
	{ .name = "tunnel6", .kind = CONF_PREFIX, AT(tunnel6) },
	{ .name = "tunnel_port_first",
	  .kind = CONF_UINT,
	  AT(tunnel_port_first),
	  .min = 1,
	  .max = UINT16_MAX - SCHEDULE_PORTS },
	{ .name = "tunnel_mtu",
	  .kind = CONF_UINT,
	  AT(tunnel_mtu),
	  .min = SCHEDULE_MTU_MIN,
	  .max = SCHEDULE_MTU_MAX },
	{ .name = "keep_batches_days", .kind = CONF_UINT, AT(keep_batches_days), .max = 36500 },
	{ .name = NULL },
};

static enum err check(char *const *words, struct fault *f)
{
	struct settings s = { 0 };
	const struct conf_option *o = conf_find(settings, span_text(words[0]));
	enum err err = o == NULL ? ERR_OK : conf_set(o, span_text(words[1]), &s, f);
	if (err == ERR_OK && (s.tunnel4.addr.family == 6 || s.tunnel6.addr.family == 4))
		return fault_set(f, ERR_USAGE, 0, "%s: \"%s\" is of the other address family",
				 words[0], words[1]);
	return err;
}

static int setting_list(int argc, char **argv)
{
	static const char *const headings[] = { "name", "value", NULL };
	static const struct central_list list = { "waymark setting list",
						  "waymark setting list [--json | --csv]",
						  "setting_list", headings };
	return central_list(argc, argv, &list);
}

static int setting_set(int argc, char **argv)
{
	static const struct central_change change = {
		.program = "waymark setting set",
		.synopsis = "waymark setting set NAME VALUE",
		.statement = "setting_set",
		.words = 2,
		.check = check,
		.missing = "no such setting; `waymark setting list` shows them",
	};
	return central_change(argc, argv, &change);
}

static const struct verb verbs[] = {
	{ "list", setting_list, "settings of the centre" },
	{ "set", setting_set, "change one" },
	{ NULL, NULL, NULL },
};

int registry_setting(int argc, char **argv)
{
	return verb_dispatch(verbs, "setting", argc, argv);
}
