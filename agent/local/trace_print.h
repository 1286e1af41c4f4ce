// SPDX-License-Identifier: Apache-2.0
//
// A finished trace for people (as traceroute prints it) and as a JSON line.
#pragma once

#include <stdio.h>

#include "msg/trace.h"

// NAME: what was asked for, a host name or an address.
void trace_print_text(FILE *out, const struct trace_record *r, const char *name, unsigned max_ttl);
void trace_print_json(FILE *out, const struct trace_record *r, const char *name);
