// SPDX-License-Identifier: Apache-2.0
//
// Flows on their way into a database: what is written as JSON lines is read by another `waymark`,
// `import flows -`, so that measuring on one machine needs to know no database.
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/err.h"

#define FLOWS_STORE_TEXT 1024

struct flows_store {
	char data[FLOWS_STORE_TEXT], db[FLOWS_STORE_TEXT], app[64]; // as given; empty: not
	FILE *out;                                                  // write here
	pid_t pid;
};

// NOTE is kept with the run.
enum err flows_store_open(struct flows_store *s, const char *note, struct fault *f) MUSTUSE;

// Returns the exit status of the import; 0 when it was given up (not KEEP), and nothing is stored.
int flows_store_close(struct flows_store *s, bool keep);
