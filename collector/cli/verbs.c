// SPDX-License-Identifier: Apache-2.0
//
// What `waymark` does with a database: operators and analysts.
#include <stddef.h>

#include "cli/db.h"
#include "cli/verb.h"

const struct verb verbs_central[] = {
	{ "db", db_verb, "the database: init start stop migrate check psql path" },
	{ NULL, NULL, NULL },
};
