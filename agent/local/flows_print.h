// SPDX-License-Identifier: Apache-2.0
//
// What the flow engine hands out, as rows: of flows, of DNS answers, of names said in hellos, of
// targets; as JSON lines while they come, or as CSV or a table at the end.
#pragma once

#include <stdio.h>

#include "capture/flow.h"
#include "cli/grid.h"
#include "label/label.h"

enum flows_rows {
	FLOWS_FLOWS,
	FLOWS_DNS,
	FLOWS_NAMES,
	FLOWS_TARGETS,
};

struct flows_print {
	enum flows_rows rows;
	enum grid_form form;
	FILE *out;
	struct grid *grid;   // owned; NULL for JSON
	struct label *label; // borrowed; NULL: applications are not told
};

void flows_print_init(struct flows_print *p, enum flows_rows rows, enum grid_form form, FILE *out);
void flows_print_wipe(struct flows_print *p);

// Prints or keeps the row of an event, if it is of the kind wanted.
void flows_print_event(struct flows_print *p, const struct flow_table *t,
		       const struct flow_event *e);

// What was kept. Call once, at the end.
void flows_print_finish(struct flows_print *p);
