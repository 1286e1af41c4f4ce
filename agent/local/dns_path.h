// SPDX-License-Identifier: Apache-2.0
//
// `waymark dns --trace`: who answers a question, and at which hop.
#pragma once

#include "local/dns_lists.h"

// SCAN: what the settings say of a scan, lists and pace included. *STATUS: the exit status.
enum err dns_path_run(const struct dns_settings *s, const struct dns_scan_config *scan, int *status,
		      struct fault *f) MUSTUSE;
