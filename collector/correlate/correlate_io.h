// SPDX-License-Identifier: Apache-2.0
//
// The judge's thread: every few seconds, on a connection of its own, verdicts on the runs that came
// to their end. It talks to nobody; a database that is away is tried again.
#pragma once

#include "correlate/correlate.h"

struct correlate_io;

enum err correlate_io_open(const char *conninfo, const char *data_dir, struct correlate_io **out,
			   struct fault *f) MUSTUSE;

// Waits for the turn under way.
void correlate_io_close(struct correlate_io **c);
