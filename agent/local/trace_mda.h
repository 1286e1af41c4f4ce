// SPDX-License-Identifier: Apache-2.0
//
// `waymark trace --mda`: every path that balancers have for a target.
#pragma once

#include <stdbool.h>

bool trace_mda_asked(int argc, char *const *argv);
int trace_mda_run(int argc, char **argv);
