// SPDX-License-Identifier: Apache-2.0
//
// waymark: one command for everybody. Looks the verb up and hands over.
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/version.h"
#include "cli/verb.h"

static void usage(FILE *out)
{
	fputs("waymark: where messages really go\n\nusage: waymark VERB …\n\n"
	      "Measuring on this machine, no collector needed:\n",
	      out);
	for (const struct verb *v = verbs_local; v->name != NULL; v++)
		fprintf(out, "  %-10s  %s\n", v->name, v->summary);
	fputs("\nWith a database (operators and analysts):\n", out);
	for (const struct verb *v = verbs_central; v->name != NULL; v++)
		fprintf(out, "  %-10s  %s\n", v->name, v->summary);
	fputs("\n`waymark VERB --help` tells more. Exit status: 0 done, 1 failed, 2 usage or\n"
	      "configuration, 3 partly done, 4 not found, 5 collector or database unreachable,\n"
	      "6 timed out, 7 refused by policy, 130 interrupted.\n",
	      out);
}

int main(int argc, char **argv)
{
	// A reader that went away (`| head`) is an error of write, not our death.
	signal(SIGPIPE, SIG_IGN);
	if (argc < 2) {
		usage(stderr);
		return err_exit(ERR_USAGE);
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		usage(stdout);
		return 0;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("waymark %s\n", waymark_version);
		return 0;
	}
	const struct verb *v = verb_find(verbs_local, argv[1]);
	if (v == NULL)
		v = verb_find(verbs_central, argv[1]);
	if (v == NULL) {
		fprintf(stderr, "waymark: unknown verb \"%s\"; `waymark --help` lists them\n",
			argv[1]);
		return err_exit(ERR_USAGE);
	}
	return v->run(argc - 1, argv + 1);
}
