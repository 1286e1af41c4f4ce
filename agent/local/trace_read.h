// SPDX-License-Identifier: Apache-2.0
//
// `waymark trace --read`: traces of this and other programs, out of a file, in any format.
#pragma once

#include "base/err.h"
#include "local/trace_names.h"
#include "trace_format/format.h"

// "-" is standard input. What could not be read is said on standard error and counted in *BAD.
enum err trace_read_print(const char *path, enum trace_format format, unsigned max_ttl, size_t *bad,
			  struct fault *f) MUSTUSE;

// One record of the engine, in any format, with NAMES of hops, or NULL.
enum err trace_record_print(FILE *out, enum trace_format format, const struct trace_record *r,
			    const char *name, unsigned max_ttl,
			    const struct trace_names *names) MUSTUSE;
