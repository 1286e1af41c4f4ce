// SPDX-License-Identifier: Apache-2.0
//
// waymark-lab: a world in a box. Looks the verb up and hands over.
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/version.h"
#include "lab/verbs.h"

static void usage(FILE *out)
{
	fputs("waymark-lab: a world in a box\n\nusage: waymark-lab VERB …\n\n", out);
	for (const struct verb *v = lab_verbs; v->name; v++)
		fprintf(out, "  %-8s %s\n", v->name, v->summary);
	fputs("\n`waymark-lab VERB --help` tells more. Exit status: 0 done, 1 failed, 2 usage or\n"
	      "world file, 4 not found, 6 timed out, 130 interrupted.\n",
	      out);
}

int main(int argc, char **argv)
{
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
		printf("waymark-lab %s\n", waymark_version);
		return 0;
	}
	const struct verb *v = verb_find(lab_verbs, argv[1]);
	if (!v) {
		fprintf(stderr,
			"waymark-lab: unknown verb \"%s\"; `waymark-lab --help` lists them\n",
			argv[1]);
		return err_exit(ERR_USAGE);
	}
	return v->run(argc - 1, argv + 1);
}
