// SPDX-License-Identifier: Apache-2.0
//
// The paths of one run on paper: a sentence and three tables, one JSON document, or CSV.
#pragma once

#include <stdio.h>

#include "cli/grid.h"
#include "cli/route.h"

void route_print(const struct routes *r, enum grid_form form, FILE *out);
