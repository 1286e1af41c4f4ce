// SPDX-License-Identifier: Apache-2.0
//
// The verbs of `waymark`. Each half of the house exports its own table; shared/cli/main.c knows
// only the tables, so agent/ and collector/ never see each other.
#pragma once

struct verb {
	const char *name; // "trace"; NULL ends a table
	// ARGV[0] is the verb. Returns the process exit status (docs: waymark(1)).
	int (*run)(int argc, char **argv);
	const char *summary; // one line for `waymark --help`
};

extern const struct verb verbs_local[];   // agent/local: measuring with no collector
extern const struct verb verbs_central[]; // collector/cli: operators and analysts

// Finds NAME in TABLE or returns NULL.
const struct verb *verb_find(const struct verb *table, const char *name);

// Runs the verb ARGV[1] of TABLE as a sub-verb (`node add`); usage error when there is none.
int verb_dispatch(const struct verb *table, const char *group, int argc, char **argv);
