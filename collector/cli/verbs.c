// SPDX-License-Identifier: Apache-2.0
//
// What `waymark` does with a database: operators and analysts.
#include <stddef.h>

#include "cli/db.h"
#include "cli/registry.h"
#include "cli/run.h"
#include "cli/verb.h"

const struct verb verbs_central[] = {
	{ "db", db_verb, "the database: init start stop migrate check psql path" },
	{ "node", node_verb, "nodes: add list show revoke rotate" },
	{ "phone", phone_verb, "phones: add list" },
	{ "operator", operator_verb, "who may sign orders: keygen add list revoke" },
	{ "setting", setting_verb, "settings of the centre: list set" },
	{ "run", run_verb, "runs: start list show campaign" },
	{ "order", order_verb, "orders to one node: trace list" },
	{ NULL, NULL, NULL },
};
