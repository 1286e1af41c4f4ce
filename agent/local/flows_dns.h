// SPDX-License-Identifier: Apache-2.0
//
// A DNS answer as a row: what it says about its question, and in JSON every record with its TTL.
#pragma once

#include <stdio.h>

#include "capture/flow.h"
#include "cli/grid.h"

void flows_dns_json(FILE *out, const struct flow_event *e, const struct dns_answer *a);
void flows_dns_grid(struct grid *g, const struct flow_event *e, const struct dns_answer *a);
