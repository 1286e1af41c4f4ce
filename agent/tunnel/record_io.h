// SPDX-License-Identifier: Apache-2.0
//
// The records of this network namespace, one file a tunnel, in /run (memory: it ends with the
// machine, as tunnels do).
#pragma once

#include "tunnel/record.h"

// Replaces the record of C's name. DAEMON: the child, or 0.
enum err record_put(const struct tunnel_config *c, int64_t daemon, struct fault *f) MUSTUSE;
void record_take(const char *name);

// ERR_MISSING without one. *TEXT (RECORD_TEXT bytes) is filled for record_part.
enum err record_find(const char *name, struct record *out, uint8_t *text, size_t *len,
		     struct fault *f) MUSTUSE;

// Calls FN with the name of each record.
typedef void record_fn(void *self, const char *name);
enum err record_each(record_fn *fn, void *self, struct fault *f) MUSTUSE;

// The very process, not a later one with its number.
bool record_alive(struct record_process p);
