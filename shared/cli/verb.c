// SPDX-License-Identifier: Apache-2.0
#include "cli/verb.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"

const struct verb *verb_find(const struct verb *v, const char *name)
{
	for (; v->name != NULL; v++)
		if (strcmp(v->name, name) == 0)
			return v;
	return NULL;
}

static void list(FILE *out, const struct verb *table, const char *group)
{
	fprintf(out, "usage: waymark %s VERB …\n\n", group);
	for (const struct verb *v = table; v->name != NULL; v++)
		fprintf(out, "  %-10s %s\n", v->name, v->summary);
}

int verb_dispatch(const struct verb *table, const char *group, int argc, char **argv)
{
	if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		list(stdout, table, group);
		return 0;
	}
	const struct verb *v = argc >= 2 ? verb_find(table, argv[1]) : NULL;
	if (v != NULL)
		return v->run(argc - 1, argv + 1);
	if (argc >= 2)
		fprintf(stderr, "waymark %s: unknown verb \"%s\"\n", group, argv[1]);
	list(stderr, table, group);
	return err_exit(ERR_USAGE);
}
