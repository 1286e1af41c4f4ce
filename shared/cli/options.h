// SPDX-License-Identifier: Apache-2.0
//
// A command line read by the same option rows as a configuration file (conf/conf.h): `--name
// value`,
// `--name=value`, `--flag`. What is left are the words. `--` ends the options.
#pragma once

#include "conf/conf.h"

#define CLI_WORDS 4096 // most words on one command line

struct cli_usage {
	const char *synopsis; // "waymark flows FILE [option …]"
	const char *text;     // a paragraph, or NULL
	const char *examples; // lines, or NULL
};

struct cli {
	char **words; // borrowed from argv, re-ordered in place
	size_t count;
	bool helped; // --help was asked for and printed: leave with status 0
};

// Sets defaults, then reads ARGV[1..]. On a fault the message says what to do; print it with
// cli_fail.
enum err cli_read(int argc, char **argv, const struct conf_option *options,
		  const struct cli_usage *usage, void *into, struct cli *out,
		  struct fault *f) MUSTUSE;

// "PROGRAM: what" on standard error; returns the exit status for the fault.
int cli_fail(const char *program, const struct fault *f);
