// SPDX-License-Identifier: Apache-2.0
//
// What `waymark` does with a database: operators and analysts.
#include <stddef.h>

#include "cli/db.h"
#include "cli/registry.h"
#include "cli/run.h"
#include "cli/verb.h"
#include "cli/verdict.h"
#include "cli/verify.h"

const struct verb verbs_central[] = {
	{ "db", db_verb, "the database: init start stop migrate check psql path" },
	{ "node", registry_node, "nodes: add list show revoke rotate" },
	{ "phone", registry_phone, "phones: add list" },
	{ "operator", registry_operator, "who may sign orders: keygen add list revoke" },
	{ "setting", registry_setting, "settings of the centre: list set" },
	{ "run", run_verb, "runs: start list show campaign" },
	{ "order", order_verb, "orders to one node: trace list" },
	{ "scan", scan_verb,
	  "scans of open resolvers: discover start keys fetch trace end list show" },
	{ "verify", verify_verb, "prove that what is stored is what the nodes signed" },
	{ "geo", geo_verb, "where addresses are: import list explain override" },
	{ "import", import_verb, "what was measured elsewhere: pairs flows satellite list" },
	{ "judge", judge_verb,
	  "decide which servers were the messenger's, and where addresses are" },
	{ "backends", backends_verb, "the remote ends of a run, what each was and why" },
	{ "path", path_verb, "both paths between two nodes, hop by hop" },
	{ "exposure", exposure_verb, "the two tables: leaving groups" },
	{ "export", export_verb, "published forms: satellite" },
	{ "signatures", signatures_verb, "signatures of block pages: load list remove" },
	{ "anchors", anchors_verb, "keys of zones that are believed: load list remove" },
	{ NULL, NULL, NULL },
};
