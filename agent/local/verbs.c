// SPDX-License-Identifier: Apache-2.0
//
// What `waymark` can measure on one machine with no collector.
#include <stddef.h>

#include "cli/verb.h"

const struct verb verbs_local[] = {
	{ NULL, NULL, NULL },
};
