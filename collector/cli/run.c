// SPDX-License-Identifier: Apache-2.0
#include "cli/run.h"

#include <stdio.h>

#include "cli/central.h"
#include "cli/verb.h"

static int run_list(int argc, char **argv)
{
	static const char *const headings[] = { "run",      "serial",  "app",      "a",
						"b",        "planned", "length_s", "sent",
						"received", "flows",   "traces",   "done",
						"failed",   "kind",    "idle",     NULL };
	static const struct central_list list = { "waymark run list",
						  "waymark run list [--json | --csv]", "run_list",
						  headings };
	return central_list(argc, argv, &list);
}

static const struct verb verbs[] = {
	{ "start", run_start, "order one run" },
	{ "list", run_list, "all runs with what came of them" },
	{ "show", run_show, "one run: orders, steps, messages" },
	{ "campaign", run_campaign, "every pair of some nodes, for some apps" },
	{ NULL, NULL, NULL },
};

int run_verb(int argc, char **argv)
{
	return verb_dispatch(verbs, "run", argc, argv);
}
