// SPDX-License-Identifier: Apache-2.0
//
// A running lab: namespaces, TAPs, and the loop that carries frames between them and the
// simulator. One thread does it all.
#pragma once

#include "lab/world.h"

struct lab;

// Makes every namespace and interface of W (borrowed) under the name LAB. TEXT is the world file,
// kept for those who ask the run directory. On failure nothing is left behind.
enum err lab_open(const char *name, const struct world *w, struct span text, struct lab **out,
		  struct fault *f) MUSTUSE;

// Starts the programs that the hosts' attributes ask for (apps.h). The run directory gets their
// files, and `programs`: host, program and pid, one a line.
enum err lab_populate(struct lab *l, struct fault *f) MUSTUSE;

// Carries frames until SIGINT, SIGTERM or a fault. ERR_CANCELED: interrupted by a person.
enum err lab_run(struct lab *l, struct fault *f) MUSTUSE;

// Ends what lives in the lab and removes it.
void lab_close(struct lab **l);
