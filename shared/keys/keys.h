// SPDX-License-Identifier: Apache-2.0
//
// Key files: DIR/NAME.key (secret, 0600) and DIR/NAME.pub. What is in them is seal/seal.h; this
// room opens, checks modes, writes and wipes its buffers. It never logs.
#pragma once

#include "seal/seal.h"

// KIND: "waymark-node-v1", "waymark-collector-v1", "waymark-operator-v1". Refuses to overwrite
// (ERR_EXISTS); makes DIR when it is missing.
enum err keys_store(const char *dir, const char *name, const char *kind,
		    const struct seal_secret *secret, struct fault *f) MUSTUSE;

// Refused (ERR_PERMIT) when group or others may read or write the file; ERR_MISSING when it is not
// there. The caller wipes *OUT.
enum err keys_load(const char *dir, const char *name, const char *kind, struct seal_secret *out,
		   struct fault *f) MUSTUSE;

// A public file, anybody's.
enum err keys_load_public(const char *path, const char *kind, struct seal_public *out,
			  struct fault *f) MUSTUSE;
