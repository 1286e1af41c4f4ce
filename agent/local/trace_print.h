// SPDX-License-Identifier: Apache-2.0
//
// A finished trace as a JSON line, without a detour: this is what thousands of traces go through.
// The other formats are in trace_read.h.
#pragma once

#include <stdio.h>

#include "msg/trace.h"

// NAME: what was asked for, a host name or an address.
void trace_print_json(FILE *out, const struct trace_record *r, const char *name);
