// SPDX-License-Identifier: Apache-2.0
//
// From observations to tables: `waymark geo | judge | backends | import | exposure | path |
// signatures | anchors | export`.
#pragma once

#include "cli/central.h"
#include "correlate/correlate.h"

int geo_verb(int argc, char **argv);
int judge_verb(int argc, char **argv);
int import_verb(int argc, char **argv);
int exposure_verb(int argc, char **argv);
int path_verb(int argc, char **argv);
int backends_verb(int argc, char **argv);
int signatures_verb(int argc, char **argv);
int anchors_verb(int argc, char **argv);
int export_verb(int argc, char **argv);

// Sub-verbs of import that have their own files.
int import_flows(int argc, char **argv);
int import_satellite(int argc, char **argv);

// Opens the database as waymark_judge and judges what is known by now, so that what is printed next
// is up to date. A table that cannot be read is told on standard error and hinders nothing; who may
// only read gets what the collector judged so far.
enum err verdict_open(const struct central *c, struct pg **out, struct fault *f) MUSTUSE;
