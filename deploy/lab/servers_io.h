// SPDX-License-Identifier: Apache-2.0
//
// Files of the real name and web servers of a lab, made below RUN/HOST.d before they start:
// configuration, zones, keys, certificates.
#pragma once

#include "lab/app_certs.h"
#include "lab/apps.h"

// Whether a program of this room runs in H.
bool servers_runs(const struct world_host *h);

enum err servers_make(const struct apps_config *c, struct certs *certs, const struct world_host *h,
		      struct fault *f) MUSTUSE;
