// SPDX-License-Identifier: Apache-2.0
//
// What `waymark` can measure on one machine with no collector.
#include <stddef.h>

#include "cli/verb.h"
#include "local/flows.h"

const struct verb verbs_local[] = {
	{ "flows", flows_run, "who spoke with whom, from a capture file or an interface" },
	{ NULL, NULL, NULL },
};
