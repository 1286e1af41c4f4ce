// SPDX-License-Identifier: Apache-2.0
//
// Where an operator's key is: it need not lie on the collector.
#pragma once

#include "pg/cluster.h"
#include "seal/seal.h"

#define OPERATOR_NAME "operator"
#define OPERATOR_KIND "waymark-operator-v1"

// DIR as given, or $WAYMARK_KEYS, or ~/.config/waymark.
enum err operator_dir(const char *given, char out[static CLUSTER_PATH_MAX],
		      struct fault *f) MUSTUSE;

// The secret; the caller wipes it.
enum err operator_load(const char *given, struct seal_secret *out, struct fault *f) MUSTUSE;
