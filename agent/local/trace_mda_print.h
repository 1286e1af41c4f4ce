// SPDX-License-Identifier: Apache-2.0
//
// A finished graph for people and as a JSON line: the document of a trace, with nodes and links.
#pragma once

#include <stdio.h>

#include "trace/mda_io.h"

void trace_mda_text(FILE *out, const struct mda_done *d, const char *name);
void trace_mda_json(FILE *out, const struct mda_done *d, const char *name);
