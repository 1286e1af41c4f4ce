// SPDX-License-Identifier: Apache-2.0
//
// What `waymark` does with a database: operators and analysts.
#include <stddef.h>

#include "cli/verb.h"

const struct verb verbs_central[] = {
	{ NULL, NULL, NULL },
};
