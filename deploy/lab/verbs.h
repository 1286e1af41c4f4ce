// SPDX-License-Identifier: Apache-2.0
//
// The verbs of waymark-lab: the ones that only read a world file (verbs_world.c) and the ones that
// make, enter and end a lab (verbs_lab.c).
#pragma once

#include "cli/verb.h"

extern const struct verb lab_verbs[];

int verb_check(int argc, char **argv);
int verb_path(int argc, char **argv);
int verb_geo(int argc, char **argv);
int verb_names(int argc, char **argv);
int verb_hosts(int argc, char **argv);
int verb_truth(int argc, char **argv);

int verb_up(int argc, char **argv);
int verb_down(int argc, char **argv);
int verb_exec(int argc, char **argv);
int verb_status(int argc, char **argv);
